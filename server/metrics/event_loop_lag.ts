/** How often a timer checks whether it comes in time, in milliseconds. */
const CHECK_MS = 100;

/** How many checks a window has: 10 s of them. */
const WINDOW_CHECKS = 100;

/**
 * Measures how late timers are, as each other task of the event loop is as well. `monitorEventLoopDelay` of `node:perf_hooks` does it on
 * Node, but on Deno and Bun it counts nothing while the loop is blocked.
 */
export class EventLoopLag {
  #timer: ReturnType<typeof setTimeout> | undefined;
  #checks = 0;
  #longest = 0;
  #longestBefore = 0;

  /** The longest delay of the last 10 to 20 seconds. */
  get seconds(): number {
    return Math.max(this.#longest, this.#longestBefore) / 1000;
  }

  /** Starts to measure. The timer doesn't keep the process alive. */
  start(): void {
    const due = performance.now() + CHECK_MS;
    this.#timer = setTimeout(() => {
      this.#note(performance.now() - due);
      this.start();
    }, CHECK_MS);
    // On Deno a timer may be a number.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  /** Stops to measure. */
  stop(): void {
    clearTimeout(this.#timer);
  }

  #note(lateMs: number): void {
    if (++this.#checks % WINDOW_CHECKS === 0) {
      this.#longestBefore = this.#longest;
      this.#longest = 0;
    }
    this.#longest = Math.max(this.#longest, lateMs);
  }
}
