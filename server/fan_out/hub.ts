import { setImmediate } from "node:timers";
import type { Broker, ChannelState } from "../brokers/broker.ts";
import type { Audience, Delivered } from "./audience.ts";
import { Feed, type StreamWatcher } from "./feed.ts";

interface Holding {
  readonly feed: Feed;
  /** Resolves when the broker delivers. */
  readonly ready: Promise<Feed>;
}

/** Distributes the broker's messages to this gateway's connections, with one flush for all of them in each turn of the event loop. */
export class Hub {
  readonly broker: Broker;
  /** How many messages connections got, each of which counts. */
  readonly delivered: Delivered = { websocket: 0, sse: 0 };
  /** Sees the messages of data streams. */
  watch: StreamWatcher = () => {};
  readonly #feeds = new Map<string, Holding>();
  #dirty: Audience[] = [];
  readonly #addDirty = (audience: Audience): void => {
    if (this.#dirty.push(audience) === 1) setImmediate(this.flush);
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
      const watch: StreamWatcher = (...args) => this.watch(...args);
      const feed = new Feed(
        channel,
        this.broker,
        this.#addDirty,
        watch,
        this.delivered,
      );
      holding = { feed, ready: this.#subscribe(feed) };
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
  };

  /** Subscribes a feed at the broker. Notifications that come before the broker's answer take effect after it. */
  async #subscribe(feed: Feed): Promise<Feed> {
    let early: Array<() => void> | undefined = [];
    const state = await this.broker.subscribe(feed.channel, {
      entry(_epoch, entry) {
        if (early) early.push(() => feed.dispatch(entry));
        else feed.dispatch(entry);
      },
      moved(position) {
        if (early) early.push(() => feed.moveTo(position));
        else feed.moveTo(position);
      },
    });
    feed.epoch = state.epoch;
    feed.top = state.offset;
    for (const stream of state.openStreams) feed.addOpenStream(stream);
    const notifications = early;
    early = undefined;
    for (const notify of notifications) notify();
    return feed;
  }
}
