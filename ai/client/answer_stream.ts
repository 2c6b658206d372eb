import type * as ai from "ai";
import type { Answer, Chat } from "./chat.ts";
import { readAnswer, type ReadOptions } from "./read_answer.ts";
import { unlessResuming } from "./resuming.ts";
import type { ChatTransportOptions } from "./transport_options.ts";

/** The options of a transport that concern an answer that it shows. */
export type ShowOptions =
  & ReadOptions
  & Pick<ChatTransportOptions, "whenAborted">;

/**
 * Returns an answer from its beginning, as a stream for the AI SDK.
 *
 * @param signal The signal of `useChat`. When it aborts, the answer is stopped for everyone, unless the options say otherwise.
 */
export function answerStream(
  chat: Chat,
  answer: Answer,
  signal: AbortSignal | undefined,
  options: ShowOptions,
): ReadableStream<ai.UIMessageChunk> {
  const closing = new AbortController();
  const chunks = readAnswer(chat, answer, closing, options);
  let stopListening = (): void => {};

  function leave(): void {
    stopListening();
    closing.abort();
  }

  return new ReadableStream<ai.UIMessageChunk>({
    start(controller) {
      const abort = (): void => {
        leave();
        controller.error(signal?.reason);
        if (options.whenAborted === "leave") return;
        unlessResuming(chat.channel, () => stopAnswer(chat, answer, options));
      };
      if (signal?.aborted) return abort();
      signal?.addEventListener("abort", abort);
      stopListening = () => signal?.removeEventListener("abort", abort);
    },
    async pull(controller) {
      const { done, value } = await chunks.next();
      if (!done) return controller.enqueue(value);
      stopListening();
      controller.close();
    },
    cancel: leave,
  }, { highWaterMark: 0 });
}

/** Stops an answer for everyone. Reports a failure, because nobody waits for it. */
export function stopAnswer(
  chat: Chat,
  answer: Answer,
  { onError = console.warn }: ReadOptions,
): void {
  chat.stop(answer).catch(onError);
}
