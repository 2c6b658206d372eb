import type * as ai from "ai";
import { readChunks } from "../../core/publish/stream_source.ts";
import type { Streamed } from "../../core/types/stream.ts";
import { CONTINUED } from "../continued.ts";
import { messageChunks } from "./message_chunks.ts";

/**
 * Lets an answer continue the last message, where that is one of the assistant: after a tool that ran in the browser, or an approval. The AI
 * SDK then streams only what follows. With this, a page that is reloaded meanwhile shows the whole message, and not only its end.
 *
 * @param messages The chat, with the message that is continued as its last one: the `originalMessages` of `toUIMessageStream`. The answer to
 * a message of the user is returned as it is.
 * @param stream The result of `toUIMessageStream`.
 *
 * @example The source of an answer
 * ```ts
 * import { continueMessage } from "@tidings/realtime/ai";
 * import {
 *   convertToModelMessages,
 *   type LanguageModel,
 *   streamText,
 *   toUIMessageStream,
 *   type UIMessage,
 * } from "ai";
 *
 * declare const model: LanguageModel;
 *
 * export async function answer(messages: UIMessage[], abortSignal: AbortSignal) {
 *   const { stream } = streamText({
 *     model,
 *     messages: await convertToModelMessages(messages),
 *     abortSignal,
 *   });
 *   return continueMessage(
 *     messages,
 *     toUIMessageStream({ stream, originalMessages: messages }),
 *   );
 * }
 * ```
 */
export function continueMessage(
  messages: readonly ai.UIMessage[],
  stream: Streamed<ai.UIMessageChunk>,
): Streamed<ai.UIMessageChunk> {
  const last = messages.at(-1);
  if (last?.role !== "assistant") return stream;
  const reader = readChunks(stream);
  return new ReadableStream<ai.UIMessageChunk>({
    start(controller) {
      const data = messageChunks(last);
      controller.enqueue({ type: CONTINUED, data, transient: true });
    },
    async pull(controller) {
      const { done, value } = await reader.next();
      if (done) controller.close();
      else controller.enqueue(value as ai.UIMessageChunk);
    },
    cancel: (reason) => reader.stop(reason),
  });
}
