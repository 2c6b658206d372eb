import { RealtimeError } from "../protocol/errors.ts";

/** A stream that an app reads, as fast as it likes, of what comes in as fast as it comes: bounded. */
export interface Queue {
  readonly stream: ReadableStream<unknown>;
  /** What it still has room for; nothing once it has ended. */
  room(): number;
  /** Takes a value, and how much it counts. */
  push(value: unknown, size: number): void;
  /** Ends the stream after what waits in it; with an error when it failed. */
  end(error?: Error): void;
}

/** Who takes out less than comes in can't have everything. */
export function tooSlow(): RealtimeError {
  return new RealtimeError("too_slow", "Too much is unread");
}

/**
 * Makes a queue.
 *
 * @param limit How much may wait in it.
 * @param onRead Called when something was taken out.
 * @param onCancel Called when nobody wants it any more.
 */
export function createQueue(
  limit: number,
  onRead?: () => void,
  onCancel?: () => Promise<void>,
): Queue {
  let controller: ReadableStreamDefaultController<unknown> | undefined;
  let nextSize = 0;
  let failure: Error | undefined;

  function room(): number {
    return controller?.desiredSize ?? 0;
  }

  /** An error would take the place of what waits: it comes after that. */
  function fail(): void {
    if (failure && room() === limit) controller?.error(failure);
  }

  function end(error?: Error): void {
    if (failure) return;
    failure = error;
    if (error) return fail();
    controller?.close();
    controller = undefined;
  }

  return {
    stream: new ReadableStream({
      start(it) {
        controller = it;
      },
      pull() {
        fail();
        onRead?.();
      },
      cancel() {
        controller = undefined;
        return onCancel?.();
      },
    }, { highWaterMark: limit, size: () => nextSize }),
    room,
    push(value, size) {
      nextSize = size;
      if (room() > 0) controller?.enqueue(value);
      else end(tooSlow());
    },
    end,
  };
}
