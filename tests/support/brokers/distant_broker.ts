import type fc from "fast-check";
import type {
  Broker,
  ChannelState,
  LogListener,
  LogPage,
} from "../../../server/brokers/broker.ts";

/**
 * A broker at the other end of a network: the test decides in which order its answers and notifications arrive. Those of a channel keep their
 * order.
 */
export class DistantBroker implements Broker {
  readonly name = "distant";
  readonly #near: Broker;
  readonly #scheduler: fc.Scheduler;
  readonly #listeners = new Map<string, LogListener>();
  #notified: Promise<unknown> = Promise.resolve();

  /** @param near The broker there, which has no delay of its own. */
  constructor(near: Broker, scheduler: fc.Scheduler) {
    this.#near = near;
    this.#scheduler = scheduler;
  }

  publish(
    ...args: Parameters<Broker["publish"]>
  ): ReturnType<Broker["publish"]> {
    return this.#near.publish(...args);
  }

  reply(...args: Parameters<Broker["reply"]>): ReturnType<Broker["reply"]> {
    return this.#near.reply(...args);
  }

  /** Listens first, then reads the position: messages published in between are in both. */
  async subscribe(
    channel: string,
    listener: LogListener,
  ): Promise<ChannelState> {
    const isHeard = (): boolean => this.#listeners.get(channel) === listener;
    const notify = (call: () => void): void => {
      const before = this.#notified;
      const turn = this.#travel("notify");
      this.#notified = Promise.all([before, turn])
        .then(() => isHeard() ? call() : undefined);
    };
    const distant: LogListener = {
      entry: (epoch, entry) => notify(() => listener.entry(epoch, entry)),
      moved: (position) => notify(() => listener.moved(position)),
    };
    this.#listeners.set(channel, listener);
    await this.#near.subscribe(channel, distant);
    await this.#travel("subscribe");
    const state = await this.#near.subscribe(channel, distant);
    await this.#travel("answer");
    return state;
  }

  unsubscribe(channel: string): void {
    this.#listeners.delete(channel);
    this.#near.unsubscribe(channel);
  }

  async read(...args: Parameters<Broker["read"]>): Promise<LogPage> {
    await this.#travel("ask");
    const page = await this.#near.read(...args);
    await this.#travel("answer");
    return page;
  }

  before(...args: Parameters<Broker["before"]>): ReturnType<Broker["before"]> {
    return this.#near.before(...args);
  }

  announce(...args: Parameters<Broker["announce"]>): void {
    this.#near.announce(...args);
  }

  subscribers(...args: Parameters<Broker["subscribers"]>): Promise<number> {
    return this.#near.subscribers(...args);
  }

  revoke(...args: Parameters<Broker["revoke"]>): ReturnType<Broker["revoke"]> {
    return this.#near.revoke(...args);
  }

  followRevocations(...args: Parameters<Broker["followRevocations"]>): void {
    this.#near.followRevocations(...args);
  }

  awaitRevocations(): void {}

  health(): ReturnType<Broker["health"]> {
    return this.#near.health();
  }

  close(): Promise<void> {
    return this.#near.close();
  }

  /** Resolves when the test lets a message over the network arrive. */
  #travel(name: string): Promise<void> {
    return this.#scheduler.schedule(Promise.resolve(), name);
  }
}
