import { RealtimeError } from "../protocol/errors.ts";

/** A readable stream that holds a limited amount of unread values. */
export interface BoundedStream<T> {
  readonly stream: ReadableStream<T>;
  /** Returns the size of all unread values. */
  unread(): number;
  /** Adds a value, unless the stream has ended. A value beyond the limit ends it with an error. */
  push(value: T, size: number): void;
  /** Ends the stream after its unread values; with an error, if it failed. */
  end(error?: Error): void;
}

/** Makes the error for a slow consumer. */
export function slowConsumer(): RealtimeError {
  return new RealtimeError("too_slow", "Cannot go on: too much is unread");
}

/** Makes a bounded stream. Its limit has the unit of the values' sizes. */
export function createBoundedStream<T>(
  limit: number,
  onRead?: () => void,
  onCancel?: () => Promise<void>,
): BoundedStream<T> {
  let hasEnded = false;
  let controller: ReadableStreamDefaultController<T> | undefined;
  /** The error of a stream that has failed. It waits until all values are read, because it would discard them. */
  let failure: Error | undefined;
  let nextSize = 0;

  function unread(): number {
    return limit - (controller?.desiredSize ?? 0);
  }

  function failOnceRead(): void {
    if (failure && unread() === 0) controller?.error(failure);
  }

  function end(error?: Error): void {
    if (hasEnded) return;
    hasEnded = true;
    failure = error;
    if (error) failOnceRead();
    else controller?.close();
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
    }, { highWaterMark: limit, size: () => nextSize }),
    unread,
    push(value, size) {
      if (hasEnded) return;
      if (unread() >= limit) return end(slowConsumer());
      nextSize = size;
      controller?.enqueue(value);
    },
    end,
  };
}
