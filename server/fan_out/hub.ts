import { setImmediate } from "node:timers";
import type { Broker, ChannelState } from "../brokers/broker.ts";
import type { Audience, Delivered } from "./audience.ts";
import { Feed, type StreamWatcher } from "./feed.ts";

/** How long no flush ended, in milliseconds, when the gateway is idle. Under load the next publish comes sooner than that. */
const IDLE_MS = 1;

/** The size of the largest audience that doesn't wait for the end of the turn: the publisher's answer waits for its writes. */
const FEW = 16;

interface Holding {
  readonly feed: Feed;
  /** Resolves when the broker delivers. */
  readonly ready: Promise<Feed>;
}

/**
 * Distributes the broker's messages to this gateway's connections, with one flush for all of them in each turn of the event loop. When the
 * gateway is idle, the first message of a small audience is flushed at once: after the publisher's answer it would leave 90 µs later on Node.
 */
export class Hub {
  readonly broker: Broker;
  /** How many messages connections got, each of which counts. */
  readonly delivered: Delivered = { websocket: 0, sse: 0 };
  /** Sees the messages of data streams. */
  watch: StreamWatcher = () => {};
  readonly #watch: StreamWatcher = (...args) => this.watch(...args);
  readonly #feeds = new Map<string, Holding>();
  #dirty: Audience[] = [];
  /** When the last flush ended, on the clock of `performance.now()`. */
  #flushedAt = -IDLE_MS;
  readonly #addDirty = (audience: Audience): void => {
    if (this.#dirty.push(audience) > 1) return;
    const isIdle = performance.now() - this.#flushedAt >= IDLE_MS;
    if (isIdle && audience.members.size <= FEW) this.flush();
    else setImmediate(this.flush);
  };

  constructor(broker: Broker) {
    this.broker = broker;
  }

  /** How many channels are followed. */
  get size(): number {
    return this.#feeds.size;
  }

  /** Holds a channel's feed, and resolves when the broker delivers. Each hold needs a {@linkcode release}. */
  async hold(channel: string): Promise<Feed> {
    let holding = this.#feeds.get(channel);
    if (!holding) {
      const feed = new Feed(
        channel,
        this.broker,
        this.#addDirty,
        this.#watch,
        this.delivered,
      );
      holding = { feed, ready: feed.begin() };
      this.#feeds.set(channel, holding);
    }
    const { feed, ready } = holding;
    feed.holds++;
    try {
      return await ready;
    } catch (error) {
      this.release(feed);
      throw error;
    }
  }

  /** Gives back a hold. The feed ends with the last one. */
  release(feed: Feed): void {
    if (--feed.holds > 0 || !this.has(feed)) return;
    this.#feeds.delete(feed.channel);
    this.broker.unsubscribe(feed.channel);
  }

  /** Returns the feed of a channel that is held. */
  get(channel: string): Feed | undefined {
    return this.#feeds.get(channel)?.feed;
  }

  /** Returns the names of the channels that are followed. */
  channels(): Iterable<string> {
    return this.#feeds.keys();
  }

  /** Tells whether a feed is still held. */
  has(feed: Feed): boolean {
    return this.#feeds.get(feed.channel)?.feed === feed;
  }

  /** Returns where a channel stands now. A subscription that starts there a moment later misses nothing. */
  async mark(channel: string): Promise<ChannelState> {
    const feed = await this.hold(channel);
    const { epoch, top, openStreams } = feed;
    this.release(feed);
    return { epoch, offset: top, openStreams: [...openStreams.values()] };
  }

  /** Flushes the audiences now instead of at the end of the turn. */
  readonly flush = (): void => {
    const dirty = this.#dirty;
    this.#dirty = [];
    for (const audience of dirty) audience.flush();
    this.#flushedAt = performance.now();
  };
}
