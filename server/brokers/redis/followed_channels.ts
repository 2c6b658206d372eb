import type { Position } from "../../../core/protocol/id.ts";
import type { ChannelState, LogListener } from "../broker.ts";
import { ChannelFollower, type FollowerHost } from "./channel_follower.ts";
import { batchesOf, type ChannelKeys, channelKeys } from "./keys.ts";
import type { PubSubConnection } from "./pubsub_connection.ts";
import type { Servers } from "./servers.ts";

/** The parts of the broker that following channels needs. */
export interface FollowedChannelsHost extends Omit<FollowerHost, "check"> {
  readonly prefix: string;
  /** Whether one command can name channels of one group only. */
  readonly sharded: boolean;
  readonly servers: Servers;
  /** Milliseconds between two comparisons of a channel with Redis, and of silence after which a connection is probed. */
  readonly checkMs: number;
  /** Stores the numbers of subscribers of some channels, and returns the positions of the channels; in one command. */
  touch(followers: readonly ChannelFollower[]): Promise<ChannelState[]>;
  /** Sends a probe, which is not a message, on a pub/sub channel. */
  probe(keys: ChannelKeys): Promise<void>;
}

/** Milliseconds between two checks of what is due. */
const TICK_MS = 500;

/** Milliseconds after which changed numbers of subscribers are stored; changes within this time are stored together. */
const SOON_MS = 25;

/** Milliseconds that a channel stays subscribed after its last subscriber left, because reloaded pages come back soon. */
const LINGER_MS = 5_000;

/** Milliseconds that a published message may take to arrive. */
const TRANSIT_MS = 1_000;

/** Maximum number of channels in one command. */
const BATCH = 100;

/** Milliseconds that a probe may take to arrive. */
const PROBE_MS = 3_000;

/** The channels that this gateway follows. Redis sends it the messages of these channels only. */
export class FollowedChannels {
  readonly #host: FollowedChannelsHost;
  readonly #followerHost: FollowerHost;
  readonly #followers = new Map<string, ChannelFollower>();
  readonly #starting = new Map<ChannelFollower, Promise<void>>();
  /** Followers whose comparison was requested. */
  readonly #requested = new Set<ChannelFollower>();
  /** Followers that miss a message, with the time at which that was noticed. */
  readonly #late = new Map<ChannelFollower, number>();
  /** The times at which probes were sent, by the server's name. */
  readonly #probes = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #requestTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(host: FollowedChannelsHost) {
    this.#host = host;
    const check = (follower: ChannelFollower) => this.#requestCheck(follower);
    this.#followerHost = { ...host, check };
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  get(channel: string): ChannelFollower | undefined {
    return this.#followers.get(channel);
  }

  /** Follows a channel; resolves with the position after which the listener gets every message. */
  async follow(channel: string, listener: LogListener): Promise<ChannelState> {
    let follower = this.#followers.get(channel);
    if (!follower) {
      const keys = channelKeys(this.#host.prefix, channel);
      follower = new ChannelFollower(channel, keys, this.#followerHost);
      this.#followers.set(channel, follower);
      this.#starting.set(follower, this.#start(follower));
    }
    follower.lingersUntil = undefined;
    await this.#starting.get(follower);
    follower.listener = listener;
    return follower.state;
  }

  /** Stops following a channel for its listener; the subscription lingers. */
  unfollow(channel: string): void {
    const follower = this.#followers.get(channel);
    if (!follower) return;
    follower.listener = undefined;
    follower.lingersUntil = performance.now() + LINGER_MS;
  }

  /** Stores the numbers of subscribers of a channel in Redis shortly after. */
  announce(channel: string, subscribers: ReadonlyMap<string, number>): void {
    const follower = this.#followers.get(channel);
    if (!follower) return;
    follower.subscribers = subscribers;
    this.#requestCheck(follower);
  }

  /** Notes a position that was seen in the log of a channel. If the channel is followed, its messages up to there must arrive soon. */
  seen(channel: string, { epoch, offset }: Position): void {
    const follower = this.#followers.get(channel);
    if (!follower || this.#starting.has(follower)) return;
    if (epoch !== follower.epoch) follower.reread();
    else if (follower.expect(offset)) this.#recheckLater(follower);
  }

  /** Moves subscriptions to the servers that have the channels now. */
  rerouted(): void {
    for (const follower of this.#followers.values()) this.#route(follower);
  }

  /** Stops following, and withdraws the numbers of subscribers from Redis. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#requestTimer);
    const announced = [...this.#followers.values()].filter((follower) => {
      follower.close();
      return follower.subscribers.size > 0 || this.#requested.has(follower);
    });
    for (const follower of announced) follower.subscribers = new Map();
    this.#followers.clear();
    const batches = batchesOf(announced, this.#host.sharded, BATCH);
    await Promise.allSettled(batches.map((batch) => this.#host.touch(batch)));
  }

  async #start(follower: ChannelFollower): Promise<void> {
    try {
      const server = await this.#host.servers.locate(follower.keys.group);
      follower.server = server;
      await server.pubsub.add(follower);
      const [state] = await this.#host.touch([follower]);
      if (state) follower.begin(state);
      follower.checkAt = performance.now() + this.#host.checkMs;
    } catch (error) {
      this.#remove(follower);
      throw error;
    } finally {
      this.#starting.delete(follower);
    }
  }

  #remove(follower: ChannelFollower): void {
    follower.close();
    this.#followers.delete(follower.channel);
    this.#requested.delete(follower);
    this.#late.delete(follower);
    follower.server?.pubsub.remove(follower);
  }

  #requestCheck(follower: ChannelFollower): void {
    this.#requested.add(follower);
    this.#requestTimer ??= setTimeout(() => {
      this.#requestTimer = undefined;
      const due = [...this.#requested].filter((one) =>
        !this.#starting.has(one)
      );
      for (const one of due) this.#requested.delete(one);
      this.#compare(due);
    }, SOON_MS);
  }

  #tick(): void {
    const now = performance.now();
    const due: ChannelFollower[] = [];
    for (const follower of this.#followers.values()) {
      if (this.#starting.has(follower)) continue;
      const { lingersUntil = Infinity } = follower;
      if (lingersUntil < now) this.#remove(follower);
      else {
        this.#route(follower);
        follower.retry();
        if (follower.checkAt <= now) due.push(follower);
      }
    }
    for (const [follower, since] of this.#late) {
      if (now - since < TRANSIT_MS) continue;
      this.#late.delete(follower);
      // The server may have lost this subscription, and only this one.
      if (follower.recheck()) this.#resubscribe(follower);
    }
    this.#compare(due);
    this.#probe(now);
  }

  /** Moves a subscription to the server that has the channel. */
  #route(follower: ChannelFollower): void {
    const server = this.#host.servers.serverOf(follower.keys.group);
    if (server !== follower.server && !this.#starting.has(follower)) {
      this.#resubscribe(follower);
    }
  }

  #resubscribe(follower: ChannelFollower): void {
    follower.server?.pubsub.remove(follower);
    const server = this.#host.servers.serverOf(follower.keys.group);
    follower.server = server;
    server?.pubsub.add(follower).then(
      () => follower.resubscribed(),
      (error) => {
        if (follower.server === server) follower.server = undefined;
        this.#host.report(error);
      },
    );
  }

  #compare(followers: readonly ChannelFollower[]): void {
    const now = performance.now();
    for (const batch of batchesOf(followers, this.#host.sharded, BATCH)) {
      for (const follower of batch) follower.checkAt = now + this.#host.checkMs;
      this.#host.touch(batch).then((states) => {
        batch.forEach((follower, i) => {
          const state = states[i];
          if (state && follower.compare(state)) this.#recheckLater(follower);
        });
      }, (error) => {
        for (const follower of batch) follower.checkAt = now + TRANSIT_MS;
        this.#host.report(error);
      });
    }
  }

  #recheckLater(follower: ChannelFollower): void {
    if (this.#late.has(follower)) return;
    this.#late.set(follower, performance.now());
  }

  /** Probes silent connections: an open connection may still deliver nothing. */
  #probe(now: number): void {
    for (const { name, pubsubInUse } of this.#host.servers.all) {
      const sent = this.#probes.get(name);
      if (!pubsubInUse?.connection.isUp) this.#probes.delete(name);
      else if (sent === undefined) {
        if (pubsubInUse.silenceMs > this.#host.checkMs) {
          this.#sendProbe(name, pubsubInUse, now);
        }
      } else if (pubsubInUse.silenceMs <= now - sent) {
        this.#probes.delete(name);
      } else if (now - sent > PROBE_MS) {
        this.#probes.delete(name);
        pubsubInUse.connection.drop("nothing arrives on it");
      }
    }
  }

  #sendProbe(server: string, pubsub: PubSubConnection, now: number): void {
    this.#probes.set(server, now);
    const channel = pubsub.anyChannel;
    if (!channel) return;
    this.#host.probe(channel.keys).catch((error) => {
      // Commands fail too, so the probe says nothing about this connection.
      this.#probes.delete(server);
      this.#host.report(error);
    });
  }
}
