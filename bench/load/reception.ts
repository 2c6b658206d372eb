import { type Arrived, Meter, type Metered, SETTLE_MS } from "./meter.ts";
import type { Subscribers } from "./subscribers.ts";

/** Measures what another process publishes to subscribers. */
export class Reception {
  readonly #subscribers: Subscribers;
  readonly #meter: Meter;

  constructor(subscribers: Subscribers, metered: Metered) {
    this.#subscribers = subscribers;
    subscribers.onRead = undefined;
    this.#meter = new Meter(subscribers, metered);
  }

  /**
   * Waits until all messages have arrived, for 10 s at most; returns the measurement.
   *
   * @param published How many messages the other process published.
   * @throws {Error} When a connection is lost.
   */
  async end(published: number): Promise<Arrived> {
    const subscribers = this.#subscribers;
    const { promise, resolve } = Promise.withResolvers<void>();
    const deadline = setTimeout(resolve, SETTLE_MS);
    subscribers.onRead = () => {
      if (subscribers.lost || this.#meter.outstanding(published) <= 0) {
        resolve();
      }
    };
    subscribers.onRead();
    await promise;
    clearTimeout(deadline);
    if (subscribers.lost) throw subscribers.lost;
    return this.#meter.read(published);
  }
}
