import type * as ai from "ai";
import type { Answer, Chat } from "./chat.ts";
import { readAnswer, type ReadOptions } from "./read_answer.ts";

/**
 * Returns an answer from its beginning, as a stream for the AI SDK.
 *
 * @param signal The signal of `useChat`. When it aborts, the stream ends, and `onAbort` is called.
 */
export function answerStream(
  chat: Chat,
  answer: Answer,
  signal: AbortSignal | undefined,
  options: ReadOptions,
  onAbort: () => void,
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
        onAbort();
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
