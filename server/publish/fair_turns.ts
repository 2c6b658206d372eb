import { setImmediate } from "node:timers";

/** What may be published before others get a turn. */
const BURST = 64 * 1024;

/**
 * Lets connections be served while one caller publishes a lot: without a turn of the event loop in between, nothing is
 * written to any socket, and subscribers that would keep up are over their queue's limit.
 */
export class Pace {
  #spent = 0;

  /** Counts what was published, in characters; resolves after a turn where it was a lot. */
  async spend(size: number): Promise<void> {
    this.#spent += size;
    if (this.#spent < BURST) return;
    this.#spent = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
