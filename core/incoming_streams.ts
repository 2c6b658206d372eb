import { RealtimeError } from "./errors.ts";
import { errorOf, type MessageFrame } from "./frame.ts";

/** A data stream that a reader receives. It gets its chunks when they arrive, whether the reader's messages are read or not. */
export interface IncomingStream {
  readonly stream: ReadableStream<unknown>;
  /** Takes a message of it: its data as a schema made them, and how much they count. Tells whether it was the last. */
  take(frame: MessageFrame, data: unknown, size: number): boolean;
  /** Ends it. */
  end(error?: RealtimeError): void;
}

/** @param limit How much may wait in it: who takes out less than comes in gets an error. */
export function createIncomingStream(limit: number): IncomingStream {
  let controller: ReadableStreamDefaultController<unknown> | undefined;
  let next = 0;
  function end(error?: RealtimeError): void {
    if (error) controller?.error(error);
    else controller?.close();
    controller = undefined;
  }
  return {
    stream: new ReadableStream({
      start(it) {
        controller = it;
      },
      cancel() {
        controller = undefined;
      },
    }, { highWaterMark: limit, size: () => next }),
    take({ kind, metadata }, data, size) {
      next = size;
      const { error } = Object(metadata);
      const isLast = kind === "datastream-end";
      if (isLast) end(error && errorOf(error));
      else if (kind === "chunk") controller?.enqueue(data);
      if (Number(controller?.desiredSize) < 0) {
        end(new RealtimeError("too_slow", "Too much is unread"));
      }
      return isLast;
    },
    end,
  };
}
