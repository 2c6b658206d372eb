import { formatId } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { Feed, StreamEntry } from "../fan_out/feed.ts";
import type { Hub } from "../fan_out/hub.ts";
import { clientMarkOf } from "../publish/client_stream.ts";
import { findStreams } from "./find_streams.ts";
import { conflictError, LiveStream } from "./live_stream.ts";
import { endedError, readEnd, type StreamEnd } from "./stream_end.ts";
import { type StreamLimits, streamName } from "./stream_limits.ts";
import {
  producerOf,
  showsState,
  streamTopicOf,
} from "../wire/stream_message.ts";

/** How many ended streams are remembered. Late messages of these are refused without a search of the log. */
const MAX_ENDED = 10_000;

/** A reading of a whole log. */
interface LogReading {
  /** The feed's count of jumps when it began: with a jump, messages are missed. */
  readonly jumps: number;
  readonly done: Promise<void>;
}

/**
 * The data streams that this gateway knows, each in one of two states: open ({@linkcode LiveStream}) or ended
 * ({@linkcode StreamEnd}).
 *
 * The registry learns of streams from the feeds of the hub, and from the log for the time before a feed began.
 */
export class StreamRegistry {
  readonly hub: Hub;
  readonly #limits: StreamLimits;
  /** Called with each stream that begins. */
  readonly #opened: (stream: LiveStream) => void;
  /** The open streams of each channel. */
  readonly #live = new Map<string, Map<string, LiveStream>>();
  /** The oldest first. */
  readonly #ended = new Map<string, StreamEnd & { readonly channel: string }>();
  /** Feeds from before which all streams are known. */
  readonly #readings = new WeakMap<Feed, LogReading>();
  #isClosed = false;

  constructor(
    hub: Hub,
    limits: StreamLimits,
    opened: (stream: LiveStream) => void,
  ) {
    this.hub = hub;
    this.#limits = limits;
    this.#opened = opened;
    hub.watch = (feed, entry) => this.#see(feed, entry);
  }

  /** Returns a stream in its state; `undefined` when nothing is known of it. */
  get(channel: string, streamId: string): LiveStream | StreamEnd | undefined {
    return this.endOf(channel, streamId) ?? this.liveOf(channel, streamId);
  }

  endOf(channel: string, streamId: string): StreamEnd | undefined {
    return this.#ended.get(streamName(channel, streamId));
  }

  /** Returns a stream that is open. Streams in channels that are no longer followed are forgotten. */
  liveOf(channel: string, streamId: string): LiveStream | undefined {
    const stream = this.#live.get(channel)?.get(streamId);
    if (!stream || stream.isHeld || this.hub.has(stream.feed)) return stream;
    this.#close(stream);
  }

  /** Returns the open streams of some topics. */
  openIn(channel: string, topics: readonly string[]): LiveStream[] {
    const ids = [...this.#live.get(channel)?.keys() ?? []];
    return ids.flatMap((id) => this.liveOf(channel, id) ?? [])
      .filter((stream) => topics.some((topic) => stream.topics.has(topic)));
  }

  /**
   * Runs an action that may open a stream.
   *
   * @throws {RealtimeError} `too_many` where it is one too many.
   */
  async opening<T>(
    channel: string,
    streamId: string,
    action: () => Promise<T>,
  ): Promise<T> {
    if (this.get(channel, streamId)) return await action();
    if (this.#limits.isFull(channel)) {
      const streams = [...this.#live.get(channel)?.keys() ?? []];
      for (const streamId of streams) this.liveOf(channel, streamId);
    }
    const giveBack = this.#limits.reserve(channel, streamId);
    try {
      return await action();
    } finally {
      giveBack();
    }
  }

  /**
   * Returns a stream in its state, which must be in some topics if it is known.
   *
   * @throws {RealtimeError} `conflict` for other topics than the stream's.
   */
  getIn(
    channel: string,
    streamId: string,
    topics: readonly string[],
  ): LiveStream | StreamEnd | undefined {
    const stream = this.get(channel, streamId);
    if (stream && !isIn(stream, topics)) {
      throw conflictError(channel, "the stream is in another topic");
    }
    return stream;
  }

  /** @throws {RealtimeError} `conflict` for a client's stream of which nothing is known: it has to begin with its start. */
  requireBegun(channel: string, streamId: string): void {
    if (clientMarkOf(streamId) === undefined) return;
    if (this.get(channel, streamId)) return;
    throw conflictError(channel, "this client has begun no such stream");
  }

  /**
   * Requires that a stream has not ended and is in some topics, if it is known.
   *
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`; `conflict` for other topics than the stream's.
   */
  requireOpen(
    channel: string,
    streamId: string,
    topics: readonly string[],
  ): void {
    const stream = this.getIn(channel, streamId, topics);
    if (stream?.state === "ended") throw endedError(channel, stream);
  }

  /** Opens a stream; returns the known one where it is open already. */
  open(feed: Feed, channel: string, streamId: string): LiveStream {
    const known = this.liveOf(channel, streamId);
    if (known) return known;
    const stream = new LiveStream(channel, streamId, feed);
    if (this.#isClosed) return stream;
    const streams = this.#live.get(channel) ?? new Map<string, LiveStream>();
    this.#live.set(channel, streams.set(streamId, stream));
    this.#limits.opened(stream);
    this.#opened(stream);
    return stream;
  }

  /** Only the first end of a stream counts. */
  end(channel: string, streamId: string, end: StreamEnd): void {
    const name = streamName(channel, streamId);
    if (this.#ended.has(name) || this.#isClosed) return;
    const stream = this.#live.get(channel)?.get(streamId);
    const start = stream?.start ?? end.start;
    const producer = stream?.producer;
    this.#ended.set(name, { ...end, channel, start, producer });
    if (this.#ended.size > MAX_ENDED) this.#forgetOldestEnd();
    if (!stream) return;
    this.#close(stream);
    if (stream.isHeld) this.hub.release(stream.feed);
  }

  /**
   * Runs an action while the channel's feed is held. A stream that is open after it stays held until its end.
   *
   * @param mayBeInLog Whether the stream may have begun, or ended, before the feed was held.
   */
  async hold<T>(
    channel: string,
    streamId: string,
    mayBeInLog: boolean,
    action: (feed: Feed) => Promise<T>,
  ): Promise<T> {
    checkName("channel", channel);
    const known = this.liveOf(channel, streamId);
    if (known?.isHeld) return await action(known.feed);
    const feed = await this.hub.hold(channel);
    try {
      if (mayBeInLog) await this.readLog(feed);
      return await action(feed);
    } finally {
      const stream = this.liveOf(channel, streamId);
      if (stream && !stream.isHeld && stream.topics.size > 0) {
        stream.feed = feed;
        stream.isHeld = true;
      } else this.hub.release(feed);
    }
  }

  /** Learns of all streams of which the log has anything. The log is read once for each feed, which shows every later message. */
  async readLog(feed: Feed): Promise<void> {
    const known = this.#readings.get(feed);
    if (known?.jumps === feed.jumps) {
      await known.done;
      if (await feed.isCurrent()) return;
    }
    const reading = { jumps: feed.jumps, done: this.#readLog(feed) };
    this.#readings.set(feed, reading);
    try {
      await reading.done;
    } catch (error) {
      if (this.#readings.get(feed) === reading) this.#readings.delete(feed);
      throw error;
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const streams of this.#live.values()) {
      for (const stream of streams.values()) stream.end();
    }
    this.#live.clear();
    this.#ended.clear();
  }

  async #readLog(feed: Feed): Promise<void> {
    const { channel } = feed;
    const found = await findStreams(this.hub.broker, channel);
    for (const [streamId, { topics, start, producer, end }] of found) {
      if (this.endOf(channel, streamId)) continue;
      if (end) {
        this.end(channel, streamId, end);
        continue;
      }
      const stream = this.open(feed, channel, streamId);
      stream.start ??= start;
      stream.producer ??= producer;
      for (const topic of topics) stream.topics.add(topic);
    }
  }

  /** Removes a stream that ended, or that is forgotten, from those that are open. */
  #close(stream: LiveStream): void {
    const { channel, streamId } = stream;
    const streams = this.#live.get(channel);
    streams?.delete(streamId);
    if (streams?.size === 0) this.#live.delete(channel);
    this.#limits.closed(stream);
    stream.end();
  }

  #forgetOldestEnd(): void {
    const [oldest] = this.#ended;
    if (!oldest) return;
    const [name, { channel }] = oldest;
    this.#ended.delete(name);
    // The log may have this end, and has to be read again for it.
    const feed = this.hub.get(channel);
    if (feed) this.#readings.delete(feed);
  }

  /** Updates a stream's state with a message that a feed shows. */
  #see(feed: Feed, entry: StreamEntry): void {
    const { kind, topic, streamId, offset, json = "{}" } = entry;
    const { channel, epoch } = feed;
    if (!showsState(kind, topic) || this.endOf(channel, streamId)) return;
    const id = formatId(epoch, offset);
    const streamTopic = streamTopicOf(topic, json);
    const live = this.liveOf(channel, streamId);
    // The starts of a stream in several topics follow each other. Any other message with its id in another topic is not the stream's:
    // a gateway that didn't know the stream let it pass.
    const isNextStart = kind === "datastream-start" &&
      live?.start === formatId(epoch, offset - 1);
    if (live && !isNextStart && !live.topics.has(streamTopic)) return;
    if (kind === "datastream-end") {
      const topics = live?.topics ?? new Set([topic]);
      return this.end(channel, streamId, { ...readEnd(json), id, topics });
    }
    const stream = this.open(feed, channel, streamId);
    stream.topics.add(streamTopic);
    if (kind === "datastream-start") stream.start = id;
    stream.producer ??= producerOf(kind, json);
    stream.seen();
  }
}

/** Tells whether a stream is in all of some topics, or has ended in one of them: a gateway that saw only its end may not know them all. */
function isIn(
  { state, topics: own }: LiveStream | StreamEnd,
  topics: readonly string[],
): boolean {
  return state === "open"
    ? topics.every((topic) => own.has(topic))
    : topics.some((topic) => own.has(topic));
}
