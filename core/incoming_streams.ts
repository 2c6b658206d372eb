import { RealtimeError } from "./errors.ts";
import { errorOf, type MessageFrame } from "./frame.ts";

/** A data stream that a reader receives. It gets its chunks when they arrive, whether the reader's messages are read or not. */
export interface IncomingStream {
  readonly stream: ReadableStream<unknown>;
  /** Whether somebody reads it. */
  isRead: boolean;
  /** Takes a message of it: its data as a schema made them, and how much they count. Tells whether it was the last. */
  take(frame: MessageFrame, data: unknown, size: number): boolean;
  /** Ends it. */
  end(error?: RealtimeError): void;
}

/** @param limit How much may wait in it: who takes out less than comes in gets an error. */
export function createIncomingStream(limit: number): IncomingStream {
  let controller: ReadableStreamDefaultController<unknown> | undefined;
  let count = 0;
  const incoming: IncomingStream = {
    isRead: false,
    stream: new ReadableStream({
      start(it) {
        controller = it;
      },
      pull() {
        incoming.isRead = true;
      },
      cancel() {
        controller = undefined;
      },
    }, { highWaterMark: 0, size: () => count }),
    take({ kind, metadata }, data, size) {
      count = size;
      const { error } = Object(metadata);
      const isLast = kind === "datastream-end";
      if (isLast) incoming.end(error && errorOf(error));
      else if (kind === "chunk") controller?.enqueue(data);
      if (Number(controller?.desiredSize) < -limit) {
        incoming.end(new RealtimeError("too_slow", "Too much waits unread"));
      }
      return isLast;
    },
    end(error) {
      if (error) controller?.error(error);
      else controller?.close();
      controller = undefined;
    },
  };
  return incoming;
}
