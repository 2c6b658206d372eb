import process from "node:process";
import type { Opened, PublishersOptions } from "./commands.ts";
import { cpuMs } from "../../tests/support/process/child.ts";
import { Publisher } from "./publisher.ts";
import { Subscribers, type SubscribersOptions } from "./subscribers.ts";
import type { Arrived, Metered } from "./meter.ts";
import { Reception } from "./reception.ts";
import { openAll } from "./tcp.ts";
import { type Load, type Measured, Traffic } from "./traffic.ts";

/** How long a subscription of a client takes that gets no `ready`. */
const BEGIN_MS = 500;

/** Subscribers and their publishers. */
export class Group {
  readonly #subscribers: Subscribers;
  /** For each publisher: the number of its next message in each of its channels. */
  readonly #next = new Map<string, Int32Array>();
  #reception: Reception | undefined;

  private constructor(subscribers: Subscribers) {
    this.#subscribers = subscribers;
  }

  /** Opens the subscribers and measures the cost. */
  static async open(
    options: SubscribersOptions,
    pid: number | readonly number[],
  ): Promise<{ group: Group; opened: Opened }> {
    const start = performance.now();
    const server = cpuMs(pid);
    const load = cpuMs(process.pid);
    const subscribers = await Subscribers.open(options);
    if (subscribers.lost) throw subscribers.lost;
    const opened = {
      seconds: (performance.now() - start) / 1000,
      serverMs: cpuMs(pid) - server,
      loadMs: cpuMs(process.pid) - load,
      messages: subscribers.counter.messages,
    };
    await new Promise((resolve) => setTimeout(resolve, BEGIN_MS));
    return { group: new Group(subscribers), opened };
  }

  /** Publishes to the subscribers and measures. */
  async publish(options: PublishersOptions, load: Load): Promise<Measured> {
    // The publishers connect for each measurement, as servers close idle connections.
    const publishers = await openAll(
      options.count,
      (number) => this.#publisher(options, number),
    );
    try {
      return await new Traffic(this.#subscribers, publishers, load).run();
    } finally {
      for (const publisher of publishers) publisher.close();
    }
  }

  /** Begins to measure what another process publishes to the subscribers. */
  begin(metered: Metered): void {
    this.#reception = new Reception(this.#subscribers, metered);
  }

  /**
   * Ends the measurement that was begun.
   *
   * @param published How many messages the other process published since then.
   */
  async end(published: number): Promise<Arrived> {
    if (!this.#reception) throw new Error("No measurement was begun");
    return await this.#reception.end(published);
  }

  #publisher(options: PublishersOptions, number: number): Promise<Publisher> {
    const { channels: all } = this.#subscribers;
    // Of several channels each has only one publisher, so that the numbers of its messages are consecutive.
    const channels = all.length === 1
      ? all
      : all.filter((_, i) => i % options.count === number);
    const key = `${number} of ${all.length === 1 ? "all" : options.count}`;
    const next = this.#next.get(key) ?? new Int32Array(channels.length);
    this.#next.set(key, next);
    return Publisher.open({ ...options, number, channels, next });
  }

  /** Sends the heartbeat of the subscribers. */
  beat(): void {
    this.#subscribers.beat();
  }

  /** Closes the subscribers. */
  close(): void {
    this.#subscribers.close();
  }
}
