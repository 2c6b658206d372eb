import { setImmediate } from "node:timers";
import { Audience, audienceKey } from "./audience.ts";
import type { Broker, LogEntry, OpenStream } from "./brokers/broker.ts";
import type { Wire } from "./wire.ts";

/** A message of a data stream, as far as it tells how the stream stands. */
export type StreamEntry =
  & Pick<LogEntry, "kind" | "topic" | "offset">
  & Partial<Pick<LogEntry, "json">>
  & { readonly streamId: string };

/** Is told of every message of a data stream, in order, and of the streams that are open when a feed begins. */
export type StreamWatcher = (feed: Feed, entry: StreamEntry) => void;

/** A channel that this gateway's clients follow: where it stands, and who gets what is new. */
export class Feed {
  readonly channel: string;
  epoch = "";
  /** The offset of the newest message that audiences were given. */
  top = 0;
  /** Readers that hold it; the last one to leave ends it. */
  readers = 0;
  readonly openStreams = new Map<string, OpenStream>();
  readonly #audiences = new Map<string, Audience>();
  readonly #dirty: (audience: Audience) => void;
  readonly #watch: StreamWatcher;
  #waiters: Array<{ offset: number; resolve: () => void }> = [];

  constructor(
    channel: string,
    dirty: (audience: Audience) => void,
    watch: StreamWatcher = () => {},
  ) {
    this.channel = channel;
    this.#dirty = dirty;
    this.#watch = watch;
  }

  /** The audience of some topics on a wire, made if need be. */
  audience(wire: Wire, topics: ReadonlySet<string>): Audience {
    const key = audienceKey(wire, topics);
    let audience = this.#audiences.get(key);
    if (!audience) {
      audience = new Audience(this.channel, wire, topics);
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

  /** Resolves when it was told of everything up to an offset: a log that was read may be ahead of what is told. */
  reached(offset: number): Promise<void> {
    if (offset <= this.top) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ offset, resolve }));
  }

  /** Gives a new message to the audiences that want it; one that stands before the feed's start is none. */
  dispatch(entry: LogEntry): void {
    if (entry.offset <= this.top) return;
    this.top = entry.offset;
    this.#follow(entry);
    if (this.#waiters.length > 0) this.#wake();
    for (const audience of this.#audiences.values()) {
      if (audience.topics.has(entry.topic) && audience.add(entry)) {
        this.#dirty(audience);
      }
    }
  }

  #wake(): void {
    const waiters = this.#waiters;
    this.#waiters = waiters.filter(({ offset }) => offset > this.top);
    for (const { offset, resolve } of waiters) {
      if (offset <= this.top) resolve();
    }
  }

  /** A stream was open before the feed began. */
  join(stream: OpenStream): void {
    this.openStreams.set(stream.streamId, stream);
    this.#watch(this, { kind: "datastream-start", ...stream });
  }

  #follow({ kind, streamId, topic, offset, json }: LogEntry): void {
    if (streamId === undefined) return;
    if (kind === "datastream-start") {
      this.openStreams.set(streamId, { streamId, topic, offset });
    } else if (kind === "datastream-end") this.openStreams.delete(streamId);
    this.#watch(this, { kind, streamId, topic, offset, json });
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
  #dirty: Array<{ audience: Audience; feed: Feed }> = [];

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
        (audience) => this.#mark(audience, feed),
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

  /** Sends what waits for the end of the turn. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const { audience, feed } of dirty) audience.flush(feed.epoch);
  }

  async #subscribe(feed: Feed): Promise<Feed> {
    const early: LogEntry[] = [];
    let started = false;
    const state = await this.broker.subscribe(feed.channel, (_epoch, entry) => {
      if (started) feed.dispatch(entry);
      else early.push(entry);
    });
    feed.epoch = state.epoch;
    feed.top = state.offset;
    for (const stream of state.openStreams) feed.join(stream);
    started = true;
    for (const entry of early) feed.dispatch(entry);
    return feed;
  }

  #mark(audience: Audience, feed: Feed): void {
    if (this.#dirty.push({ audience, feed }) === 1) {
      setImmediate(() => this.flush());
    }
  }
}
