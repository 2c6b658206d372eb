import {
  type ObservedSubscription,
  observeSubscriptions,
  subscriptions,
} from "../shared_subscription.ts";
import { SubscriptionRecord } from "./subscription_record.ts";

/** Records what happens to the page's subscriptions, while somebody listens. */
export class Recorder {
  readonly #records = new WeakMap<ObservedSubscription, SubscriptionRecord>();
  readonly #listeners = new Set<() => void>();

  /**
   * Calls a function when something has happened to a subscription.
   *
   * @returns A function that ends this.
   */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    observeSubscriptions((subscription, news) => {
      const record = this.#records.get(subscription);
      if (record) record.saw(news);
      else this.records();
      for (const listener of this.#listeners) listener();
    });
    // The records of the subscriptions that are already there start now.
    this.records();
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) observeSubscriptions(undefined);
    };
  }

  /** Returns the records of the subscriptions that components have now. */
  records(): SubscriptionRecord[] {
    return Array.from(subscriptions, ([key, subscription]) => {
      const known = this.#records.get(subscription);
      const record = known ?? new SubscriptionRecord(key, subscription);
      this.#records.set(subscription, record);
      return record;
    });
  }
}

/** The recorder that all panels of a page share. */
export const recorder: Recorder = new Recorder();
