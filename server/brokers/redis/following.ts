import type { Position } from "../../../core/protocol/id.ts";
import type { ChannelState, LogListener } from "../broker.ts";
import { Follower, type FollowerHost } from "./follower.ts";
import { type ChannelKeys, channelKeys } from "./keys.ts";
import type { Servers } from "./servers.ts";

/** What following channels needs of the broker. */
export interface FollowingHost extends Omit<FollowerHost, "check"> {
  readonly prefix: string;
  readonly servers: Servers;
  /** Milliseconds between two comparisons of a channel with Redis, and of silence after which a connection is tried. */
  readonly checkMs: number;
  /** Says that the channels are followed, by whom, and finds out where they stand: those of one command. */
  touch(followers: readonly Follower[]): Promise<readonly ChannelState[]>;
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
export class Following {
  readonly #host: FollowingHost;
  readonly #sharded: boolean;
  readonly #followers = new Map<string, Follower>();
  readonly #starting = new Map<Follower, Promise<void>>();
  /** Those that are to be compared as soon as may be. */
  readonly #soon = new Set<Follower>();
  /** Those that missed something when they were compared, and when. */
  readonly #late = new Map<Follower, number>();
  /** When a probe was sent, by the server's name. */
  readonly #probes = new Map<string, number>();
  readonly #timer: ReturnType<typeof setInterval>;
  #soonTimer: ReturnType<typeof setTimeout> | undefined;

  /**
   * @param sharded Whether one command may only be about channels of one group.
   */
  constructor(host: FollowingHost, sharded: boolean) {
    this.#host = host;
    this.#sharded = sharded;
    this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  /** The follower of a channel. */
  get(channel: string): Follower | undefined {
    return this.#followers.get(channel);
  }

  /** Subscribes; resolves with the position after which every message is told. */
  async follow(
    channel: string,
    listener: LogListener,
  ): Promise<ChannelState> {
    let follower = this.#followers.get(channel);
    if (!follower) {
      follower = new Follower(
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

  async #start(follower: Follower): Promise<void> {
    try {
      const node = await this.#host.servers.locate(follower.group);
      follower.node = node;
      await node.live.add(follower);
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

  #remove(follower: Follower): void {
    follower.close();
    this.#followers.delete(follower.channel);
    this.#soon.delete(follower);
    this.#late.delete(follower);
    follower.node?.live.remove(follower);
  }

  #check(follower: Follower): void {
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
    const due: Follower[] = [];
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
  #route(follower: Follower): void {
    const node = this.#host.servers.nodeOf(follower.group);
    if (node !== follower.node && !this.#starting.has(follower)) {
      this.#resubscribe(follower);
    }
  }

  #resubscribe(follower: Follower): void {
    follower.node?.live.remove(follower);
    const node = this.#host.servers.nodeOf(follower.group);
    follower.node = node;
    node?.live.add(follower).then(
      () => follower.resubscribed(),
      (error) => {
        if (follower.node === node) follower.node = undefined;
        this.#host.report(error);
      },
    );
  }

  #compare(followers: readonly Follower[]): void {
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

  #lookSoon(follower: Follower): void {
    if (!this.#late.has(follower)) {
      this.#late.set(follower, performance.now());
    }
  }

  #batches(followers: readonly Follower[]): Follower[][] {
    const batches: Follower[][] = [];
    const open = new Map<number, Follower[]>();
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
    for (const { name, liveInUse } of this.#host.servers.nodes) {
      const sent = this.#probes.get(name);
      const isQuiet = liveInUse?.isUp === true &&
        liveInUse.silenceMs > (sent === undefined ? this.#host.checkMs : 0) &&
        (sent === undefined || liveInUse.silenceMs > now - sent);
      if (!isQuiet) this.#probes.delete(name);
      else if (sent === undefined) {
        this.#probes.set(name, now);
        const { anyChannel } = liveInUse;
        const follower = anyChannel instanceof Follower && anyChannel;
        if (follower) {
          this.#host.probe(follower.keys).catch((error) => {
            // Commands don't work either: that says nothing of this connection.
            this.#probes.delete(name);
            this.#host.report(error);
          });
        }
      } else if (now - sent > PROBE_MS) {
        this.#probes.delete(name);
        liveInUse.drop("nothing comes on it");
      }
    }
  }
}
