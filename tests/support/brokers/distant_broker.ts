import type fc from "fast-check";
import type {
  Broker,
  ChannelState,
  LogListener,
  LogPage,
} from "../../../server/brokers/broker.ts";
import type { MemoryBroker } from "../../../server/mod.ts";

/** A broker at the other end of a network: the test decides in which order its answers and notifications arrive. */
export class DistantBroker implements Broker {
  readonly name = "distant";
  readonly #memory: MemoryBroker;
  readonly #scheduler: fc.Scheduler;
  #notified: Promise<unknown> = Promise.resolve();

  constructor(memory: MemoryBroker, scheduler: fc.Scheduler) {
    this.#memory = memory;
    this.#scheduler = scheduler;
  }

  publish(
    ...args: Parameters<Broker["publish"]>
  ): ReturnType<Broker["publish"]> {
    return this.#memory.publish(...args);
  }

  reply(...args: Parameters<Broker["reply"]>): ReturnType<Broker["reply"]> {
    return this.#memory.reply(...args);
  }

  /** Listens first, then reads the position: messages published in between are in both. No stream begins in between. */
  async subscribe(
    channel: string,
    listener: LogListener,
  ): Promise<ChannelState> {
    const { openStreams } = await this.#memory.subscribe(channel, {
      ...listener,
      entry: (epoch, entry) => {
        const before = this.#notified;
        const turn = this.#scheduler.schedule(Promise.resolve(), "notify");
        this.#notified = Promise.all([before, turn])
          .then(() => listener.entry(epoch, entry));
      },
    });
    await this.#scheduler.schedule(Promise.resolve(), "subscribe");
    const { epoch, top } = await this.#memory.read(channel, 0, 1, 1);
    return { epoch, offset: top, openStreams };
  }

  unsubscribe(channel: string): void {
    this.#memory.unsubscribe(channel);
  }

  async read(...args: Parameters<Broker["read"]>): Promise<LogPage> {
    await this.#scheduler.schedule(Promise.resolve(), "ask");
    const page = await this.#memory.read(...args);
    await this.#scheduler.schedule(Promise.resolve(), "answer");
    return page;
  }

  before(...args: Parameters<Broker["before"]>): ReturnType<Broker["before"]> {
    return this.#memory.before(...args);
  }

  announce(...args: Parameters<Broker["announce"]>): void {
    this.#memory.announce(...args);
  }

  subscribers(...args: Parameters<Broker["subscribers"]>): Promise<number> {
    return this.#memory.subscribers(...args);
  }

  revoke(...args: Parameters<Broker["revoke"]>): void {
    this.#memory.revoke(...args);
  }

  followRevocations(...args: Parameters<Broker["followRevocations"]>): void {
    this.#memory.followRevocations(...args);
  }

  awaitRevocations(): void {}

  health(): Promise<{ ok: boolean }> {
    return this.#memory.health();
  }

  close(): Promise<void> {
    return this.#memory.close();
  }
}
