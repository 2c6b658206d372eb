import process from "node:process";

/** How often the event loop is looked at. */
const TICK_MS = 20;

/** Measures how late the timers of this process are. */
export class LoopWatch implements Disposable {
  #last = performance.now();
  #cpu = process.cpuUsage();
  readonly #timer = setInterval(() => this.#tick(), TICK_MS);
  #longest = 0;
  #busiest = 0;

  /**
   * Returns the longest delay since the last call, and the most time that this process computed during one: on a busy machine timers are
   * late as well. Both are in milliseconds.
   */
  take(): { longest: number; busiest: number } {
    this.#tick();
    const taken = { longest: this.#longest, busiest: this.#busiest };
    this.#longest = this.#busiest = 0;
    return taken;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const now = performance.now();
    const delay = Math.max(0, now - this.#last - TICK_MS);
    const { user, system } = process.cpuUsage(this.#cpu);
    const computed = Math.min(delay, (user + system) / 1000);
    this.#longest = Math.max(this.#longest, delay);
    this.#busiest = Math.max(this.#busiest, computed);
    this.#last = now;
    this.#cpu = process.cpuUsage();
  }
}
