import type { ServerResponse } from "node:http";
import type { StreamedAnswer } from "./json_answer.ts";

/**
 * Writes an answer in pieces, each when the client has room for it. The connection of a client that has none in time ends.
 *
 * @param outgoing The response on Node. It ends the connection, as `@hono/node-server` would log an error of the body. Bun logs any error
 * but `undefined`.
 */
export function inPieces(
  { pieces, deadlineMs, ended = () => {} }: StreamedAnswer,
  outgoing: ServerResponse | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setTimeout>;
  function wait(controller: ReadableStreamDefaultController): void {
    timer = setTimeout(() => {
      ended();
      if (outgoing) outgoing.destroy();
      else controller.error();
    }, deadlineMs);
  }
  return new ReadableStream({
    start: wait,
    async pull(controller) {
      clearTimeout(timer);
      const { done, value } = await pieces.next();
      if (done) {
        ended();
        return controller.close();
      }
      controller.enqueue(encoder.encode(value));
      wait(controller);
    },
    cancel() {
      clearTimeout(timer);
      ended();
    },
  }, { highWaterMark: 0 });
}
