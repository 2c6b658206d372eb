import type { Buffer } from "node:buffer";
import {
  isReply,
  type RedisClient,
  RedisConnection,
  type RedisSettings,
} from "./connection.ts";
import { batchesOf, type ChannelKeys } from "./keys.ts";
import type { RedisAddress } from "./url.ts";

/** Maximum number of pub/sub channels in one command. */
const BATCH = 500;

/** A pub/sub channel and the callbacks for its messages. */
export interface PubSubChannel {
  readonly keys: ChannelKeys;
  receive(message: Buffer): void;
  /** The connection was lost and is back: messages may have been missed in the meantime. */
  resubscribed(): void;
  /** The server ended the subscription, because it no longer has the channel's slot. */
  unsubscribed(): void;
}

/** The connection on which a server sends live messages of all channels that are followed there. */
export class PubSubConnection {
  readonly connection: RedisConnection;
  readonly #sharded: boolean;
  readonly #channels = new Map<string, PubSubChannel>();
  #arrivedAt = 0;

  constructor(
    address: RedisAddress,
    settings: RedisSettings,
    down: (error: unknown) => void,
  ) {
    this.#sharded = settings.hosts.length > 1;
    this.connection = new RedisConnection(address, settings, {
      up: (client) => this.#up(client),
      down,
    });
  }

  /** Milliseconds since the last message, or since the connection was opened. */
  get silenceMs(): number {
    return performance.now() - this.#arrivedAt;
  }

  /** One of the subscribed channels, if there is any. */
  get anyChannel(): PubSubChannel | undefined {
    const [channel] = this.#channels.values();
    return channel;
  }

  /** Subscribes to a channel; resolves when its messages arrive. */
  async add(channel: PubSubChannel): Promise<void> {
    const { live } = channel.keys;
    this.#channels.set(live, channel);
    try {
      await this.connection.use((client) => this.#subscribe(client, [live]));
    } catch (error) {
      if (this.#channels.get(live) === channel) this.#channels.delete(live);
      throw error;
    }
  }

  remove(channel: PubSubChannel): void {
    const { live } = channel.keys;
    if (this.#channels.get(live) !== channel) return;
    this.#channels.delete(live);
    if (!this.connection.isUp) return;
    this.connection.use((client) =>
      this.#sharded ? client.sUnsubscribe([live]) : client.unsubscribe([live])
    ).catch(() => {
      // The connection was lost, and the subscription with it.
    });
  }

  close(): Promise<void> {
    this.#channels.clear();
    return this.connection.close();
  }

  async #up(client: RedisClient): Promise<void> {
    this.#arrivedAt = performance.now();
    client.on("sharded-channel-moved", (name) => this.#forget([String(name)]));
    const channels = [...this.#channels.values()];
    const batches = batchesOf(channels, this.#sharded, BATCH);
    await Promise.all(
      batches.map(async (batch) => {
        const names = batch.map(({ keys }) => keys.live);
        try {
          await this.#subscribe(client, names);
        } catch (error) {
          // Another server has their slot now; this one keeps the other channels.
          if (!isReply(error)) throw error;
          this.#forget(names);
        }
      }),
    );
    for (const channel of channels) {
      if (this.#channels.has(channel.keys.live)) channel.resubscribed();
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
