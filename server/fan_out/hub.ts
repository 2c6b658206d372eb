import { setImmediate } from "node:timers";
import { Audience, audienceKey } from "./audience.ts";
import type { Position } from "../../core/protocol/id.ts";
import type {
  Broker,
  ChannelState,
  LogEntry,
  OpenStream,
} from "../brokers/broker.ts";
import { followStream } from "../brokers/open_streams.ts";
import type { Wire } from "../wire/encode.ts";

/** A message of a data stream, as far as it tells how the stream stands. */
export type StreamEntry =
  & Pick<LogEntry, "kind" | "topic" | "offset">
  & Partial<Pick<LogEntry, "json">>
  & { readonly streamId: string };

/** Is told of every message of a data stream, in order, and of the streams that are open when a feed begins. */
export type StreamWatcher = (feed: Feed, entry: StreamEntry) => void;

/** One who reads a feed's channel. */
export interface FeedReader {
  /** The feed left this position for another: what lies between is not to be had. */
  moved(from: Position): void;
}

/** A channel that this gateway's clients follow: where it stands, and who gets what is new. */
export class Feed {
  readonly channel: string;
  epoch = "";
  /** The offset of the newest message that audiences were given. */
  top = 0;
  /** Readers that hold it; the last one to leave ends it. */
  readers = 0;
  readonly openStreams = new Map<string, OpenStream>();
  readonly members = new Set<FeedReader>();
  readonly #audiences = new Map<string, Audience>();
  readonly #subscribers = new Map<string, number>();
  readonly #broker: Broker;
  readonly #dirty: (audience: Audience) => void;
  readonly #watch: StreamWatcher;
  #waiters: Array<Position & { resolve: (isThere: boolean) => void }> = [];

  constructor(
    channel: string,
    broker: Broker,
    dirty: (audience: Audience) => void,
    watch: StreamWatcher = () => {},
  ) {
    this.channel = channel;
    this.#broker = broker;
    this.#dirty = dirty;
    this.#watch = watch;
  }

  /** The audience of some topics on a wire, made if need be. */
  audience(wire: Wire, topics: ReadonlySet<string>): Audience {
    const key = audienceKey(wire, topics);
    let audience = this.#audiences.get(key);
    if (!audience) {
      audience = new Audience(this, wire, topics);
      this.#audiences.set(key, audience);
    }
    return audience;
  }

  /** Forgets an audience without members. */
  release(audience: Audience): void {
    if (audience.members.size === 0) {
      this.#audiences.delete(audienceKey(audience.wire, audience.topics));
    }
  }

  /** Counts connections that begin (1) or cease (-1) to follow topics; the topic `""` stands for any. */
  count(topics: Iterable<string>, by: 1 | -1): void {
    for (const topic of topics) {
      const count = (this.#subscribers.get(topic) ?? 0) + by;
      if (count > 0) this.#subscribers.set(topic, count);
      else this.#subscribers.delete(topic);
    }
    this.#broker.announce(this.channel, this.#subscribers);
  }

  /**
   * Resolves when it was told of everything up to a position: a log that was read may be ahead of what is told.
   *
   * @returns Whether it is there; `false` when it moved elsewhere instead.
   */
  reached({ epoch, offset }: Position): Promise<boolean> {
    if (epoch === this.epoch && offset <= this.top) {
      return Promise.resolve(true);
    }
    return new Promise((resolve) =>
      this.#waiters.push({ epoch, offset, resolve })
    );
  }

  /** Goes on from another position. */
  move({ epoch, offset }: Position): void {
    for (const audience of this.#audiences.values()) audience.flush();
    const from = { epoch: this.epoch, offset: this.top };
    this.epoch = epoch;
    this.top = offset;
    this.openStreams.clear();
    for (const reader of this.members) reader.moved(from);
    for (const waiter of this.#waiters.splice(0)) {
      if (waiter.epoch === epoch && waiter.offset > offset) {
        this.#waiters.push(waiter);
      } else waiter.resolve(waiter.epoch === epoch);
    }
  }

  /** Gives a new message to the audiences that want it; one that stands before the feed's start is none. */
  dispatch(entry: LogEntry): void {
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

  #wake(): void {
    const waiters = this.#waiters;
    const isThere = ({ epoch, offset }: Position): boolean =>
      epoch === this.epoch && offset <= this.top;
    this.#waiters = waiters.filter((waiter) => !isThere(waiter));
    for (const waiter of waiters) if (isThere(waiter)) waiter.resolve(true);
  }

  /** A stream was open before the feed began. */
  join(stream: OpenStream): void {
    this.openStreams.set(stream.streamId, stream);
    this.#watch(this, { kind: "datastream-start", ...stream });
  }
}

interface Holding {
  readonly feed: Feed;
  readonly ready: Promise<Feed>;
}

/** Brings the broker's messages to this gateway's connections: one flush a turn of the event loop, for all. */
export class Hub {
  readonly broker: Broker;
  /** Is told of data streams. */
  watch: StreamWatcher = () => {};
  readonly #feeds = new Map<string, Holding>();
  #dirty: Audience[] = [];
  readonly #flush = (): void => this.flush();
  /** Is told of an audience that has something to send. */
  readonly #dispatched = (audience: Audience): void => {
    if (this.#dirty.push(audience) === 1) setImmediate(this.#flush);
  };

  constructor(broker: Broker) {
    this.broker = broker;
  }

  /** Channels that are followed. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Takes hold of a channel's feed; resolves when the broker delivers. Each hold needs a {@linkcode release}. */
  async hold(channel: string): Promise<Feed> {
    let holding = this.#feeds.get(channel);
    if (!holding) {
      const feed = new Feed(
        channel,
        this.broker,
        this.#dispatched,
        (...args) => this.watch(...args),
      );
      holding = { feed, ready: this.#subscribe(feed) };
      this.#feeds.set(channel, holding);
    }
    const { feed, ready } = holding;
    feed.readers++;
    try {
      return await ready;
    } catch (error) {
      this.release(feed);
      throw error;
    }
  }

  /** Lets go of a feed; the last one ends it. */
  release(feed: Feed): void {
    if (--feed.readers > 0) return;
    if (this.#feeds.get(feed.channel)?.feed !== feed) return;
    this.#feeds.delete(feed.channel);
    this.broker.unsubscribe(feed.channel);
  }

  /** Whether anybody still holds a feed. */
  has(feed: Feed): boolean {
    return this.#feeds.get(feed.channel)?.feed === feed;
  }

  /** Where a channel stands now, with its feed held for a moment: what comes later is there for who starts from it. */
  async mark(channel: string): Promise<ChannelState> {
    const feed = await this.hold(channel);
    const { epoch, top, openStreams } = feed;
    this.release(feed);
    return { epoch, offset: top, openStreams: [...openStreams.values()] };
  }

  /** Sends what waits for the end of the turn. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const audience of dirty) audience.flush();
  }

  async #subscribe(feed: Feed): Promise<Feed> {
    let early: Array<() => void> | undefined = [];
    const state = await this.broker.subscribe(feed.channel, {
      entry(_epoch, entry) {
        if (early) early.push(() => feed.dispatch(entry));
        else feed.dispatch(entry);
      },
      moved(position) {
        if (early) early.push(() => feed.move(position));
        else feed.move(position);
      },
    });
    feed.epoch = state.epoch;
    feed.top = state.offset;
    for (const stream of state.openStreams) feed.join(stream);
    const acts = early;
    early = undefined;
    for (const act of acts) act();
    return feed;
  }
}
