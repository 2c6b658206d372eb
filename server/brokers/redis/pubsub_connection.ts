import type { Buffer } from "node:buffer";
import {
  type ConnectionLimits,
  isReply,
  type RedisClient,
  RedisConnection,
} from "./connection.ts";
import type { RedisAddress, RedisTarget } from "./url.ts";

/** Names subscribed to by one command. */
const BATCH = 500;

/** What a live link carries: a pub/sub channel, and what to do with its messages. */
export interface PubSubChannel {
  /** The pub/sub channel's name. */
  readonly name: string;
  /** The channel's group: channels of one may be named in one command. */
  readonly group: number;
  /** A message came. */
  receive(message: Buffer): void;
  /** What came until now may have been missed: the connection was lost. */
  resubscribed(): void;
  /** The server ended the subscription, as one that doesn't serve the channel's slot any more does. */
  unsubscribed(): void;
}

/** The connection on which one server sends messages as they are published: one for all channels that are followed there. */
export class PubSubConnection {
  readonly #connection: RedisConnection;
  readonly #sharded: boolean;
  readonly #channels = new Map<string, PubSubChannel>();
  #arrivedAt = 0;

  constructor(
    address: RedisAddress,
    target: RedisTarget,
    limits: ConnectionLimits,
    down: (error: unknown) => void,
  ) {
    this.#sharded = target.hosts.length > 1;
    this.#connection = new RedisConnection(address, target, limits, {
      up: (client) => this.#up(client),
      down,
    });
  }

  /** Whether messages come. */
  get isUp(): boolean {
    return this.#connection.isUp;
  }

  /** Why they don't. */
  get problem(): string {
    return this.#connection.problem;
  }

  /** Milliseconds since a message came, or it began to listen. */
  get silenceMs(): number {
    return performance.now() - this.#arrivedAt;
  }

  /** A channel that it carries, if any. */
  get anyChannel(): PubSubChannel | undefined {
    const [channel] = this.#channels.values();
    return channel;
  }

  /** Subscribes; resolves when messages come. */
  async add(channel: PubSubChannel): Promise<void> {
    this.#channels.set(channel.name, channel);
    try {
      await this.#connection.use((client) =>
        this.#subscribe(client, [channel.name])
      );
    } catch (error) {
      if (this.#channels.get(channel.name) === channel) {
        this.#channels.delete(channel.name);
      }
      throw error;
    }
  }

  /** Unsubscribes. */
  remove(channel: PubSubChannel): void {
    if (this.#channels.get(channel.name) !== channel) return;
    this.#channels.delete(channel.name);
    if (!this.isUp) return;
    this.#connection.use((client) =>
      this.#sharded
        ? client.sUnsubscribe([channel.name])
        : client.unsubscribe([channel.name])
    ).catch(() => {
      // With the connection the subscription is gone too.
    });
  }

  /** Makes a new connection in place of one that doesn't do its work. */
  drop(reason: string): void {
    this.#connection.drop(reason);
  }

  /** Ends it. */
  close(): Promise<void> {
    this.#channels.clear();
    return this.#connection.close();
  }

  async #up(client: RedisClient): Promise<void> {
    this.#arrivedAt = performance.now();
    client.on("sharded-channel-moved", (name) => this.#forget([String(name)]));
    const channels = [...this.#channels.values()];
    const batches = new Map<number, string[]>();
    channels.forEach(({ name, group }, i) => {
      const key = this.#sharded ? group : Math.floor(i / BATCH);
      const batch = batches.get(key);
      if (batch) batch.push(name);
      else batches.set(key, [name]);
    });
    await Promise.all(
      [...batches.values()].map(async (names) => {
        try {
          await this.#subscribe(client, names);
        } catch (error) {
          // Another server has their slot now; the rest is served here.
          if (!isReply(error)) throw error;
          this.#forget(names);
        }
      }),
    );
    for (const channel of channels) {
      if (this.#channels.has(channel.name)) channel.resubscribed();
    }
  }

  #subscribe(client: RedisClient, names: string[]): Promise<void> {
    return this.#sharded
      ? client.sSubscribe(names, this.#receive, true)
      : client.subscribe(names, this.#receive, true);
  }

  #forget(names: readonly string[]): void {
    for (const name of names) {
      const channel = this.#channels.get(name);
      this.#channels.delete(name);
      channel?.unsubscribed();
    }
  }

  readonly #receive = (message: Buffer, channel: Buffer): void => {
    this.#arrivedAt = performance.now();
    this.#channels.get(channel.toString())?.receive(message);
  };
}
