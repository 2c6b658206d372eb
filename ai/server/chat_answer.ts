import type * as ai from "ai";
import { checkName } from "../../core/protocol/names.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import {
  isStreamSource,
  openStream,
} from "../../core/publish/stream_source.ts";
import type { StreamSource } from "../../core/types/stream.ts";
import type { MessageInput } from "../../core/types/topic.ts";
import { ANSWER_TOPIC, chatName } from "../chat_name.ts";
import { checkChatId } from "../check_chat_id.ts";
import { AnswerText } from "./answer_text.ts";

/**
 * An answer: the stream that `toUIMessageStream()` of the AI SDK returns, or a function that returns it. The function gets the signal for
 * `streamText({ abortSignal })`, which aborts when a reader stops the answer.
 */
export type AnswerSource = StreamSource<ai.UIMessageChunk>;

/**
 * Makes the message with which `publish` publishes an answer, wherever there is a `publish`: in an Inngest function, or in a job that no
 * request waits for. Where a request asked for the answer, use `publishChat`.
 *
 * In a step of an Inngest function the answer is published once per run, also if the step is retried.
 *
 * @throws {RealtimeError} `invalid_name` for an id that no channel can have; `invalid_data` if the source is no stream.
 *
 * @example In a step of an Inngest function
 * ```ts
 * import { type AnswerSource, chatAnswer } from "@tidings/realtime/ai";
 * import { realtimeMiddleware } from "@tidings/realtime/middleware";
 * import { Inngest } from "inngest";
 *
 * /** Calls `streamText` with the signal, and returns `toUIMessageStream()` of its result. *\/
 * declare const answer: (question: string, signal: AbortSignal) => AnswerSource;
 *
 * const inngest = new Inngest({ id: "my-app", middleware: [realtimeMiddleware()] });
 *
 * export const reply = inngest.createFunction(
 *   { id: "reply", triggers: [{ event: "chat/asked" }] },
 *   async ({ event, step, publish }) => {
 *     const { chatId, question } = event.data;
 *     await step.run("answer", () =>
 *       publish(chatAnswer(chatId, answer(question)))
 *     );
 *   },
 * );
 * ```
 */
export function chatAnswer(chatId: string, source: AnswerSource): MessageInput {
  return answerMessage(chatId, source, (open) => open());
}

/** Makes the same message, and opens the answer's text by a function, which may let it wait. */
export function answerMessage(
  chatId: string,
  source: AnswerSource,
  inTurn: (open: () => Promise<AnswerText>) => Promise<AnswerText>,
): MessageInput {
  const channel = checkName("channel", chatName(checkChatId(chatId)));
  const action = `Cannot publish to "${channel}"`;
  if (!isStreamSource(source)) {
    throw new RealtimeError(
      "invalid_data",
      `${action}: the answer is no stream; pass result.toUIMessageStream(), or a function that returns it`,
    );
  }
  if (typeof source !== "function") {
    const data = new AnswerText(source, action, false);
    void inTurn(() => Promise.resolve(data));
    return { channel, topic: ANSWER_TOPIC, data };
  }
  async function open(signal: AbortSignal): Promise<AnswerText> {
    const stream = await openStream(source, signal, action);
    return new AnswerText(stream, action, true);
  }
  const data = (signal: AbortSignal) => inTurn(() => open(signal));
  return { channel, topic: ANSWER_TOPIC, data };
}
