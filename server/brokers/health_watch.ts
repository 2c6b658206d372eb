import { pause } from "../../core/time/backoff.ts";
import type { BrokerHealth, HealthListener } from "./broker.ts";

/** Milliseconds between two checks. */
const PAUSE_MS = 1_000;

/** Tells a listener when the health changes, which it finds out by checks once a second. */
export class HealthWatch {
  readonly #check: () => Promise<BrokerHealth>;
  readonly #closing = new AbortController();
  #listener: HealthListener = () => {};
  #isOk = true;
  /** How many checks have begun, and which of them was the last one that counted. */
  #begun = 0;
  #counted = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(check: () => Promise<BrokerHealth>) {
    this.#check = check;
  }

  /** Checks the health, and tells the listener if it has changed. */
  async check(): Promise<BrokerHealth> {
    const number = ++this.#begun;
    const health = await this.#check();
    const { aborted } = this.#closing.signal;
    // A check that began earlier and took longer knows less.
    if (aborted || number < this.#counted) return health;
    this.#counted = number;
    if (health.ok !== this.#isOk) {
      this.#isOk = health.ok;
      this.#listener(health);
    }
    return health;
  }

  follow(listener: HealthListener): void {
    this.#listener = listener;
    this.#done = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await this.check();
      await pause(PAUSE_MS, signal);
    }
  }
}
