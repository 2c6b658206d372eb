import { RealtimeError } from "../protocol/errors.ts";

/** The room of each stream. It is never used up, so that a stream without any is closed. Workers count it with 32 bits. */
const ROOM = 2 ** 30;

/** A readable stream that knows how much is unread, so that what fills it can keep to a limit. */
export interface BoundedStream<T> {
  readonly stream: ReadableStream<T>;
  /** Returns the size of all unread values. */
  unread(): number;
  /** Adds a value, unless the stream has ended. */
  push(value: T, size: number): void;
  /** Ends the stream after its unread values; with an error, if it failed. */
  end(error?: Error): void;
  /** Ends the stream with an error at once, without its unread values. */
  drop(error: Error): void;
}

/** Makes the error for a slow consumer. */
export function slowConsumer(): RealtimeError {
  return new RealtimeError("too_slow", "Cannot go on: too much is unread");
}

/** Makes a bounded stream. */
export function createBoundedStream<T>(
  onRead?: () => void,
  onCancel?: () => Promise<void>,
): BoundedStream<T> {
  let hasEnded = false;
  let controller: ReadableStreamDefaultController<T> | undefined;
  /** The error of a stream that has failed. It waits until all values are read, because it would discard them. */
  let failure: Error | undefined;
  let nextSize = 0;

  function unread(): number {
    const room = controller?.desiredSize;
    return room ? ROOM - room : 0;
  }

  function failOnceRead(): void {
    if (failure && unread() === 0) controller?.error(failure);
  }

  return {
    stream: new ReadableStream({
      start(given) {
        controller = given;
      },
      pull() {
        failOnceRead();
        onRead?.();
      },
      cancel() {
        hasEnded = true;
        return onCancel?.();
      },
    }, { highWaterMark: ROOM, size: () => nextSize }),
    unread,
    push(value, size) {
      if (hasEnded) return;
      nextSize = size;
      controller?.enqueue(value);
    },
    end(error) {
      if (hasEnded) return;
      hasEnded = true;
      failure = error;
      if (error) failOnceRead();
      else controller?.close();
    },
    drop(error) {
      hasEnded = true;
      controller?.error(error);
    },
  };
}
