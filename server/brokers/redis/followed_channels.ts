import type { Position } from "../../../core/protocol/id.ts";
import type { ChannelState, LogListener } from "../broker.ts";
import { ChannelFollower, type FollowerHost } from "./channel_follower.ts";
import { type ChannelKeys, channelKeys } from "./keys.ts";
import type { Servers } from "./servers.ts";

/** What following channels needs of the broker. */
export interface FollowedChannelsHost extends Omit<FollowerHost, "check"> {
  readonly prefix: string;
  readonly servers: Servers;
  /** Milliseconds between two comparisons of a channel with Redis, and of silence after which a connection is tried. */
  readonly checkMs: number;
  /** Says that the channels are followed, by whom, and finds out where they stand: those of one command. */
  touch(
    followers: readonly ChannelFollower[],
  ): Promise<readonly ChannelState[]>;
  /** Sends something on a pub/sub channel that is no message. */
  probe(keys: ChannelKeys): Promise<void>;
}

/** How often it is looked what is due. */
const TICK_MS = 500;

/** How soon Redis is told of who follows: what changes meanwhile goes with it. */
const SOON_MS = 25;

/** How long a channel stays subscribed that nobody follows: who comes back, or reloads a page, finds it. */
const LINGER_MS = 5_000;

/** How long what was published may take to come. */
const TRANSIT_MS = 1_000;

/** Channels that one command is about. */
const BATCH = 100;

/** How long a probe may take. */
const PROBE_MS = 3_000;

/** The channels that this gateway follows: only their messages come from Redis. */
export class FollowedChannels {
  readonly #host: FollowedChannelsHost;
  readonly #sharded: boolean;
  readonly #followers = new Map<string, ChannelFollower>();
  readonly #starting = new Map<ChannelFollower, Promise<void>>();
  /** Those that are to be compared as soon as may be. */
  readonly #soon = new Set<ChannelFollower>();
  /** Those that missed something when they were compared, and when. */
  readonly #late = new Map<ChannelFollower, number>();
  /** When a probe was sent, by the server's name. */
  readonly #probes = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #soonTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param sharded Whether one command may only be about channels of one group.
   */
  constructor(host: FollowedChannelsHost, sharded: boolean) {
    this.#host = host;
    this.#sharded = sharded;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** The follower of a channel. */
  get(channel: string): ChannelFollower | undefined {
    return this.#followers.get(channel);
  }

  /** Subscribes; resolves with the position after which every message is told. */
  async follow(
    channel: string,
    listener: LogListener,
  ): Promise<ChannelState> {
    let follower = this.#followers.get(channel);
    if (!follower) {
      follower = new ChannelFollower(
        channel,
        channelKeys(this.#host.prefix, channel),
        {
          read: (channel, after) => this.#host.read(channel, after),
          report: (error) => this.#host.report(error),
          check: (follower) => this.#check(follower),
        },
      );
      this.#followers.set(channel, follower);
      this.#starting.set(follower, this.#start(follower));
    }
    follower.lingersUntil = undefined;
    await this.#starting.get(follower);
    follower.listener = listener;
    return follower.state;
  }

  /** Stops telling; the subscription lingers. */
  unfollow(channel: string): void {
    const follower = this.#followers.get(channel);
    if (!follower) return;
    follower.listener = undefined;
    follower.lingersUntil = performance.now() + LINGER_MS;
  }

  /** Says who follows a channel, soon. */
  announce(channel: string, subscribers: ReadonlyMap<string, number>): void {
    const follower = this.#followers.get(channel);
    if (!follower) return;
    follower.subscribers = subscribers;
    this.#check(follower);
  }

  /** Something of a channel's log was seen: it must come soon, if the channel is followed. */
  seen(channel: string, { epoch, offset }: Position): void {
    const follower = this.#followers.get(channel);
    if (!follower || this.#starting.has(follower)) return;
    if (epoch !== follower.epoch) follower.reread();
    else if (follower.expect(offset)) this.#lookSoon(follower);
  }

  /** Some channels have another server now. */
  rerouted(): void {
    for (const follower of this.#followers.values()) this.#route(follower);
  }

  /** Stops, after Redis was told that nobody follows from here. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    clearTimeout(this.#soonTimer);
    const announced = [...this.#followers.values()].filter((follower) => {
      follower.close();
      return follower.subscribers.size > 0 || this.#soon.has(follower);
    });
    for (const follower of announced) follower.subscribers = new Map();
    this.#followers.clear();
    await Promise.allSettled(
      this.#batches(announced).map((batch) => this.#host.touch(batch)),
    );
  }

  async #start(follower: ChannelFollower): Promise<void> {
    try {
      const server = await this.#host.servers.locate(follower.group);
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
    this.#soon.delete(follower);
    this.#late.delete(follower);
    follower.server?.pubsub.remove(follower);
  }

  #check(follower: ChannelFollower): void {
    this.#soon.add(follower);
    this.#soonTimer ??= setTimeout(() => {
      this.#soonTimer = undefined;
      const due = [...this.#soon].filter((one) => !this.#starting.has(one));
      for (const one of due) this.#soon.delete(one);
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
      // Alone it may be the only one that its server forgot.
      if (follower.recheck()) this.#resubscribe(follower);
    }
    this.#compare(due);
    this.#probe(now);
  }

  /** Subscribes at the server that has the channel, if that is another one. */
  #route(follower: ChannelFollower): void {
    const server = this.#host.servers.serverOf(follower.group);
    if (server !== follower.server && !this.#starting.has(follower)) {
      this.#resubscribe(follower);
    }
  }

  #resubscribe(follower: ChannelFollower): void {
    follower.server?.pubsub.remove(follower);
    const server = this.#host.servers.serverOf(follower.group);
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
    for (const batch of this.#batches(followers)) {
      for (const follower of batch) follower.checkAt = now + this.#host.checkMs;
      this.#host.touch(batch).then((states) => {
        batch.forEach((follower, i) => {
          const state = states[i];
          if (state && follower.compare(state)) this.#lookSoon(follower);
        });
      }, (error) => {
        for (const follower of batch) follower.checkAt = now + TRANSIT_MS;
        this.#host.report(error);
      });
    }
  }

  #lookSoon(follower: ChannelFollower): void {
    if (!this.#late.has(follower)) {
      this.#late.set(follower, performance.now());
    }
  }

  #batches(followers: readonly ChannelFollower[]): ChannelFollower[][] {
    const batches: ChannelFollower[][] = [];
    const open = new Map<number, ChannelFollower[]>();
    for (const follower of followers) {
      const key = this.#sharded ? follower.group : 0;
      let batch = open.get(key);
      if (!batch || batch.length >= BATCH) {
        batch = [];
        open.set(key, batch);
        batches.push(batch);
      }
      batch.push(follower);
    }
    return batches;
  }

  /** Tries connections that were silent: that they are open says nothing of whether anything comes. */
  #probe(now: number): void {
    for (const { name, pubsubInUse } of this.#host.servers.all) {
      const sent = this.#probes.get(name);
      const isQuiet = pubsubInUse?.isUp === true &&
        pubsubInUse.silenceMs > (sent === undefined ? this.#host.checkMs : 0) &&
        (sent === undefined || pubsubInUse.silenceMs > now - sent);
      if (!isQuiet) this.#probes.delete(name);
      else if (sent === undefined) {
        this.#probes.set(name, now);
        const { anyChannel } = pubsubInUse;
        const follower = anyChannel instanceof ChannelFollower && anyChannel;
        if (follower) {
          this.#host.probe(follower.keys).catch((error) => {
            // Commands don't work either: that says nothing of this connection.
            this.#probes.delete(name);
            this.#host.report(error);
          });
        }
      } else if (now - sent > PROBE_MS) {
        this.#probes.delete(name);
        pubsubInUse.drop("nothing comes on it");
      }
    }
  }
}
