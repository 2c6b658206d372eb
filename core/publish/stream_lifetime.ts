import { abortedError } from "../http/aborted.ts";

/** How long sending the end of an aborted stream may take. */
const END_TIMEOUT_MS = 2_000;

/**
 * The lifetime of a data stream that is being published. It is interrupted when the caller aborts the stream, when sending fails and when
 * a reader stops the stream.
 */
export class StreamLifetime {
  /** Aborts when no more chunks are wanted of a source that has not ended. */
  readonly unwanted: AbortController = new AbortController();
  /** Aborts when the lifetime ends. */
  readonly over: AbortController = new AbortController();
  /** Aborts when an aborted stream has not sent its end in time. */
  readonly overdue: AbortController = new AbortController();
  /** Rejects with the reason when the stream is interrupted. */
  readonly interrupted: Promise<never>;
  /** Rejects `interrupted`. */
  interrupt: (reason: unknown) => void = () => {};
  readonly #stopListening: () => void;

  /** @param signal The caller's; it interrupts the stream. */
  constructor(signal: AbortSignal | undefined, action: string) {
    this.interrupted = new Promise((_, reject) => this.interrupt = reject);
    // An interruption that comes after the source has ended is not an unhandled rejection.
    this.interrupted.catch(() => {});
    let timer: ReturnType<typeof setTimeout> | undefined;
    const abort = (): void => {
      timer = setTimeout(() => this.overdue.abort(), END_TIMEOUT_MS);
      this.interrupt(abortedError(action, signal));
    };
    if (signal?.aborted) abort();
    signal?.addEventListener("abort", abort);
    this.#stopListening = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
    };
  }

  /** Ends the lifetime; the heartbeats end with it. */
  end(): void {
    this.over.abort();
    this.#stopListening();
  }
}
