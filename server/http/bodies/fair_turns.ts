import { setImmediate } from "node:timers";

/** Characters that a caller may publish in one turn of the event loop. */
const BURST = 64 * 1024;

/**
 * Yields to the event loop while one caller publishes a lot. Otherwise no socket would be written in the meantime, and the queues of fast
 * subscribers would exceed their limit.
 */
export class FairTurns {
  #spent = 0;

  /**
   * Counts published characters.
   *
   * @returns A wait for the next turn of the event loop, when this turn's share is used up.
   */
  spend(size: number): Promise<void> | undefined {
    this.#spent += size;
    if (this.#spent < BURST) return undefined;
    this.#spent = 0;
    return new Promise<void>((resolve) => setImmediate(resolve));
  }
}
