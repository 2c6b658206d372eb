import type { ServerResponse } from "node:http";
import type { StreamedAnswer } from "./json_answer.ts";

type Controller = ReadableStreamDefaultController<Uint8Array>;

/**
 * Writes an answer in pieces, each when the client has room for it. The connection of a client that has none in time ends.
 *
 * @param outgoing The response on Node. There it ends the connection: an error of the body would be logged by `@hono/node-server`, and by
 * Bun if it weren't `undefined`.
 */
export function inPieces(
  { pieces, deadlineMs, ended = () => {} }: StreamedAnswer,
  outgoing: ServerResponse | undefined,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let timer: ReturnType<typeof setTimeout>;
  function late(controller: Controller): void {
    ended();
    if (outgoing) outgoing.destroy();
    else controller.error();
  }
  function wait(controller: Controller): void {
    timer = setTimeout(late, deadlineMs, controller);
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
