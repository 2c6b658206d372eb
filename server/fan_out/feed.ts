import type { Position } from "../../core/protocol/id.ts";
import { pause } from "../../core/time/backoff.ts";
import type {
  Broker,
  LogEntry,
  LogListener,
  OpenStream,
} from "../brokers/broker.ts";
import { followStream } from "../brokers/log.ts";
import type { Wire } from "../wire/encode.ts";
import { Audience, audienceKey, type Delivered } from "./audience.ts";

/** A message of a data stream, with the fields that show how far the stream has come. */
export type StreamEntry =
  & Pick<LogEntry, "kind" | "topic" | "offset">
  & Partial<Pick<LogEntry, "json">>
  & { readonly streamId: string };

/** Sees every message of a data stream, in order, and at the start of a feed the streams that are open then. */
export type StreamWatcher = (feed: Feed, entry: StreamEntry) => void;

/** Milliseconds that a message may take from the log to the feed: a little more than a broker needs to notice that it was lost. */
const ON_ITS_WAY_MS = 2_000;

/** A listener that learns when a feed jumps. */
export interface FeedFollower {
  /** The feed jumped from this position to another. The messages in between can't be delivered. */
  moved(from: Position): void;
}

interface Waiter extends Position {
  resolve(isReached: boolean): void;
}

/** One channel that clients of this gateway follow: its position, and the audiences of its new messages. */
export class Feed implements LogListener {
  readonly channel: string;
  epoch = "";
  /** The offset of the newest message that the audiences got. */
  top = 0;
  /** How often it jumped. */
  jumps = 0;
  /** How many hold the feed. It ends with the last hold. */
  holds = 0;
  readonly openStreams = new Map<string, OpenStream>();
  readonly followers = new Set<FeedFollower>();
  readonly delivered: Delivered;
  readonly #audiences = new Map<string, Audience>();
  readonly #subscribers = new Map<string, number>();
  readonly #broker: Broker;
  readonly #dirty: (audience: Audience) => void;
  readonly #watch: StreamWatcher;
  /** Notifications that came before the broker said where the feed begins; absent from then on. */
  #early: Array<() => void> | undefined = [];
  #waiters: Waiter[] = [];

  /**
   * @param dirty Receives each audience that has something to flush.
   * @param delivered Counts what the audiences get.
   */
  constructor(
    channel: string,
    broker: Broker,
    dirty: (audience: Audience) => void,
    watch: StreamWatcher,
    delivered: Delivered,
  ) {
    this.channel = channel;
    this.delivered = delivered;
    this.#broker = broker;
    this.#dirty = dirty;
    this.#watch = watch;
  }

  /** Returns the audience of some topics on a wire. */
  audience(wire: Wire, topics: ReadonlySet<string>): Audience {
    const key = audienceKey(wire, topics);
    let audience = this.#audiences.get(key);
    if (!audience) {
      audience = new Audience(this, wire, topics);
      this.#audiences.set(key, audience);
    }
    return audience;
  }

  /** How many connections follow each topic; the topic `""` stands for any topic of the channel. */
  get subscribers(): ReadonlyMap<string, number> {
    return this.#subscribers;
  }

  dropIfEmpty(audience: Audience): void {
    if (audience.members.size > 0) return;
    this.#audiences.delete(audienceKey(audience.wire, audience.topics));
  }

  /** Counts connections that begin (1) or cease (-1) to follow topics; the topic `""` stands for any topic of the channel. */
  countSubscribers(topics: readonly string[], by: 1 | -1): void {
    if (topics.length === 0) return;
    for (const topic of topics) {
      const count = (this.#subscribers.get(topic) ?? 0) + by;
      if (count > 0) this.#subscribers.set(topic, count);
      else this.#subscribers.delete(topic);
    }
    this.#broker.announce(this.channel, this.#subscribers);
  }

  /** Resolves with `true` once the feed is at a position, which a log that was read may be ahead of; with `false` if the epoch changes. */
  reached(position: Position): Promise<boolean> {
    if (this.#hasReached(position)) return Promise.resolve(true);
    return new Promise((resolve) =>
      this.#waiters.push({ ...position, resolve })
    );
  }

  /** Resolves with `true` once the audiences got every message that is in the log now; with `false` if the epoch changes, or after a while. */
  async isCurrent(): Promise<boolean> {
    const { channel, top } = this;
    const page = await this.#broker.read(channel, top, 1, 1);
    return await this.reachedSoon({ epoch: page.epoch, offset: page.top });
  }

  /** Resolves with `true` once the feed is at a position; with `false` if the epoch changes, or after a while. */
  async reachedSoon(position: Position): Promise<boolean> {
    if (this.#hasReached(position)) return true;
    const ending = new AbortController();
    const late = pause(ON_ITS_WAY_MS, ending.signal).then(() => false);
    const isReached = await Promise.race([this.reached(position), late]);
    ending.abort();
    return isReached;
  }

  /** Subscribes at the broker. What the broker tells before it answers takes effect after the answer. */
  async begin(): Promise<this> {
    const state = await this.#broker.subscribe(this.channel, this);
    this.epoch = state.epoch;
    this.top = state.offset;
    for (const stream of state.openStreams) this.#addOpenStream(stream);
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const notify of early) notify();
    return this;
  }

  entry(_epoch: string, entry: LogEntry): void {
    if (this.#early) this.#early.push(() => this.#dispatch(entry));
    else this.#dispatch(entry);
  }

  moved(position: Position): void {
    if (this.#early) this.#early.push(() => this.#moveTo(position));
    else this.#moveTo(position);
  }

  /** Jumps to another position, because the log was lost or lost messages. */
  #moveTo({ epoch, offset }: Position): void {
    for (const audience of this.#audiences.values()) audience.flush();
    const from = { epoch: this.epoch, offset: this.top };
    this.epoch = epoch;
    this.top = offset;
    this.jumps++;
    this.openStreams.clear();
    for (const follower of this.followers) follower.moved(from);
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.epoch === epoch) this.#waiters.push(waiter);
      else waiter.resolve(false);
    }
    this.#wake();
  }

  /** Gives a new message to the audiences of its topic. Ignores a message from before the feed's start. */
  #dispatch(entry: LogEntry): void {
    if (entry.offset <= this.top) return;
    this.top = entry.offset;
    const { streamId } = entry;
    if (streamId !== undefined) {
      followStream(this.openStreams, entry);
      this.#watch(this, { ...entry, streamId });
    }
    if (this.#waiters.length > 0) this.#wake();
    for (const audience of this.#audiences.values()) {
      if (audience.topics.has(entry.topic) && audience.add(entry)) {
        this.#dirty(audience);
      }
    }
  }

  /** Adds a stream that was open before the feed began. */
  #addOpenStream(stream: OpenStream): void {
    this.openStreams.set(stream.streamId, stream);
    this.#watch(this, { kind: "datastream-start", ...stream });
  }

  #hasReached({ epoch, offset }: Position): boolean {
    return epoch === this.epoch && offset <= this.top;
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = waiters.filter((waiter) => !this.#hasReached(waiter));
    for (const waiter of waiters) {
      if (this.#hasReached(waiter)) waiter.resolve(true);
    }
  }
}
