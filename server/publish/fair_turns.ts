import { setImmediate } from "node:timers";

/** Characters that a caller may publish in one turn of the event loop. */
const BURST = 64 * 1024;

/**
 * Yields to the event loop while one caller publishes a lot. Otherwise no socket would be written in the meantime, and the queues of fast
 * subscribers would exceed their limit.
 */
export class FairTurns {
  #spent = 0;

  /** Counts published characters, and waits for the next turn of the event loop when this turn's share is used up. */
  async spend(size: number): Promise<void> {
    this.#spent += size;
    if (this.#spent < BURST) return;
    this.#spent = 0;
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}
