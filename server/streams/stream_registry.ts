import { formatId } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { Feed, StreamEntry } from "../fan_out/feed.ts";
import type { Hub } from "../fan_out/hub.ts";
import { findStream } from "./find_stream.ts";
import { conflictError, LiveStream } from "./live_stream.ts";
import { endedError, readEnd, type StreamEnd } from "./stream_end.ts";
import { showsState, streamTopicOf, TEE_TOPIC } from "./stream_message.ts";

/** How many ended streams are remembered. Late messages of these are refused without a search of the log. */
const MAX_ENDED = 10_000;

/**
 * The data streams that this gateway knows, each in one of two states: open ({@linkcode LiveStream}) or ended
 * ({@linkcode StreamEnd}).
 *
 * The registry learns of streams from the feeds of the hub, and from the log for the time before a feed began.
 */
export class StreamRegistry {
  readonly hub: Hub;
  /** Called with each stream that begins. */
  readonly #opened: (stream: LiveStream) => void;
  readonly #live = new Map<string, LiveStream>();
  /** The oldest first. */
  readonly #ended = new Map<string, StreamEnd>();
  #isClosed = false;

  constructor(hub: Hub, opened: (stream: LiveStream) => void) {
    this.hub = hub;
    this.#opened = opened;
    hub.watch = (feed, entry) => this.#see(feed, entry);
  }

  /** Returns a stream in its state; `undefined` when nothing is known of it. */
  get(channel: string, streamId: string): LiveStream | StreamEnd | undefined {
    return this.endOf(channel, streamId) ?? this.liveOf(channel, streamId);
  }

  endOf(channel: string, streamId: string): StreamEnd | undefined {
    return this.#ended.get(nameOf(channel, streamId));
  }

  /** Returns a stream that is open. Streams in channels that are no longer followed are forgotten. */
  liveOf(channel: string, streamId: string): LiveStream | undefined {
    const name = nameOf(channel, streamId);
    const stream = this.#live.get(name);
    if (!stream || stream.isHeld || this.hub.has(stream.feed)) return stream;
    stream.end();
    this.#live.delete(name);
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
    this.#live.set(nameOf(channel, streamId), stream);
    this.#opened(stream);
    return stream;
  }

  /** Only the first end of a stream counts. */
  end(channel: string, streamId: string, end: StreamEnd): void {
    const name = nameOf(channel, streamId);
    if (this.#ended.has(name) || this.#isClosed) return;
    const stream = this.#live.get(name);
    this.#ended.set(name, { ...end, start: stream?.start ?? end.start });
    const [oldest = ""] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED) this.#ended.delete(oldest);
    this.#live.delete(name);
    if (!stream) return;
    stream.end();
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
      if (mayBeInLog) await this.readLog(feed, streamId);
      return await action(feed);
    } finally {
      const stream = this.liveOf(channel, streamId);
      if (stream && !stream.isHeld && stream.topics.size > 0) {
        stream.feed = feed;
        stream.isHeld = true;
      } else this.hub.release(feed);
    }
  }

  /** Reads what the log has of a stream. */
  async readLog(feed: Feed, streamId: string): Promise<void> {
    const { channel } = feed;
    if (this.endOf(channel, streamId)) return;
    const found = await findStream(this.hub.broker, channel, streamId);
    if (!found || this.endOf(channel, streamId)) return;
    if (found.end) return this.end(channel, streamId, found.end);
    const stream = this.open(feed, channel, streamId);
    stream.start ??= found.start;
    for (const topic of found.topics) stream.topics.add(topic);
  }

  close(): void {
    this.#isClosed = true;
    for (const stream of this.#live.values()) stream.end();
    this.#live.clear();
    this.#ended.clear();
  }

  /** Updates a stream's state with a message that a feed shows. */
  #see(feed: Feed, entry: StreamEntry): void {
    const { kind, topic, streamId, offset, json = "{}" } = entry;
    const { channel, epoch } = feed;
    if (topic === TEE_TOPIC || !showsState(kind, topic)) return;
    if (this.endOf(channel, streamId)) return;
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
    stream.seen(offset);
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

function nameOf(channel: string, streamId: string): string {
  return `${channel}\n${streamId}`;
}
