import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { Feed, Hub, StreamEntry } from "../fan_out/hub.ts";
import { LiveStream, type StreamEnvelope } from "./live_stream.ts";
import {
  type MessagePublisher,
  type Publisher,
  quote,
} from "../publish/publisher.ts";
import {
  endKey,
  LOST,
  readEnd,
  REPLACED,
  type StreamEnd,
} from "./stream_end.ts";
import {
  findStream,
  isOfStream,
  LEASE_TOPIC,
  leasedTopic,
} from "./find_stream.ts";
import {
  begunByAnother,
  endedError,
  inOtherTopics,
  repeatedEnd,
  startedBefore,
} from "./stream_errors.ts";

/** How a stream is published. */
export interface StreamOptions {
  /** The message's idempotency key. */
  readonly key?: string | undefined;
  /** Who begins the stream: another producer doesn't go on with it, and doesn't publish again what has ended well. */
  readonly producer?: string | undefined;
  /** What publishes, for who it is; by default without limits. */
  readonly publisher?: MessagePublisher;
  /** Milliseconds that the stream may be silent, where this gateway reads its body. */
  readonly patienceMs?: number | undefined;
}

/** What Streams does not know of by itself. */
export interface StreamsOptions {
  /** Milliseconds after which a stream ends of which nothing came. */
  readonly leaseMs: number;
  /** A failure that no request waits for. */
  report(stage: string, error: unknown): void;
}

/** Streams whose end is remembered: what still comes of them is refused without a look into the log. */
const MAX_ENDED = 10_000;

/** Bytes are passed on as they are there, and no stream is begun or ended. */
const TEE_TOPIC = "$stream";

/**
 * The data streams that are open, and how they end.
 *
 * All that is known of a stream is in its channel's log: its start, its chunks, a message of {@linkcode LEASE_TOPIC} now and then
 * while its producer lives but is quiet, one end. So every gateway that follows the channel knows the same; each ends
 * a stream of which it has seen nothing for the time of the lease, and one key for all makes the first end the only one.
 */
export class Streams {
  readonly #hub: Hub;
  readonly #publisher: Publisher;
  readonly #options: StreamsOptions;
  readonly #live = new Map<string, LiveStream>();
  readonly #ended = new Map<string, StreamEnd>();
  readonly #leaving = new AbortController();
  #isClosed = false;

  constructor(hub: Hub, publisher: Publisher, options: StreamsOptions) {
    this.#hub = hub;
    this.#publisher = publisher;
    this.#options = options;
    hub.watch = (feed, entry) => this.#see(feed, entry);
  }

  /**
   * Publishes a message of a stream to some topics.
   *
   * @returns The ids, one for each topic; the error that goes with the id of a start that was published before, of a stream that has ended.
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`; `conflict` where another producer began the stream; what publishing throws.
   */
  async publish(
    envelope: StreamEnvelope,
    topics: readonly string[],
    data: string,
    options: StreamOptions = {},
  ): Promise<{ ids: readonly string[]; error?: RealtimeError }> {
    const { channel, streamId, kind } = envelope;
    const isStart = kind === "datastream-start";
    return await this.#with(
      channel,
      streamId,
      // A stream that is new is nowhere in the log.
      !isStart || options.producer !== undefined,
      async (feed) => {
        const end = this.endOf(channel, streamId);
        if (end && isStart) {
          return startedBefore(channel, end, options.producer);
        }
        if (end) return { ids: [repeatedEnd(envelope, end)] };
        const before = this.#find(channel, streamId);
        if (before && topics.some((topic) => !before.topics.has(topic))) {
          throw inOtherTopics(channel);
        }
        if (isStart && before && before.producer !== options.producer) {
          await this.#finish(before, REPLACED);
          throw begunByAnother(channel);
        }
        // Nothing is awaited between the look and the broker: what is refused after the end can't slip in behind it.
        const { publisher = this.#publisher } = options;
        const ids = await publisher.publish(
          envelope,
          topics,
          data,
          kind === "datastream-end" ? endKey(streamId) : options.key,
        );
        if (kind === "datastream-end") {
          this.#close(channel, streamId, {
            ...readEnd(`{"metadata":${envelope.metadata ?? null}}`),
            at: Date.now(),
            id: String(ids[0]),
            topics: new Set(topics),
          });
        } else if (!this.endOf(channel, streamId)) {
          const stream = this.#open(feed, channel, streamId);
          stream.spoke();
          if (isStart) {
            stream.start = ids[0];
            stream.producer = options.producer;
            stream.patienceMs = options.patienceMs;
            this.#arm(stream);
          }
          for (const topic of topics) stream.topics.add(topic);
          stream.carry(envelope);
        }
        return { ids };
      },
    );
  }

  /** Aborts when a stream that was published here ends. */
  signal(channel: string, streamId: string): AbortSignal {
    return this.#find(channel, streamId)?.signal ?? AbortSignal.abort();
  }

  /** How a stream ended, as far as it is known. */
  endOf(channel: string, streamId: string): StreamEnd | undefined {
    return this.#ended.get(nameOf(channel, streamId));
  }

  /**
   * Keeps a stream open whose producer is quiet.
   *
   * @param waitMs How long to wait for the stream's end before it is told that there is none yet.
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`.
   */
  async keep(
    channel: string,
    topic: string,
    streamId: string,
    waitMs: number,
  ): Promise<void> {
    checkName("topic", topic);
    const { leaseMs } = this.#options;
    const stream = await this.#with(channel, streamId, true, async (feed) => {
      this.#refuseEnded(channel, streamId);
      const stream = this.#find(channel, streamId);
      if (stream && !stream.topics.has(topic)) throw inOtherTopics(channel);
      if (stream && stream.quietMs < leaseMs / 4) return stream;
      await this.#touch(channel, topic, streamId);
      this.#refuseEnded(channel, streamId);
      const kept = this.#open(feed, channel, streamId);
      kept.topics.add(topic);
      return kept;
    });
    await stream.ended(Math.min(waitMs, leaseMs / 3), this.#leaving.signal);
    this.#refuseEnded(channel, streamId);
  }

  /**
   * Stops a stream for a reader.
   *
   * @returns Whether that is how it ended, now or before.
   * @throws {RealtimeError} `not_found`.
   */
  async stop(
    channel: string,
    topic: string,
    streamId: string,
  ): Promise<boolean> {
    checkName("topic", topic);
    return await this.#with(channel, streamId, true, async () => {
      const stream = this.#find(channel, streamId);
      const { topics } = stream ?? this.endOf(channel, streamId) ?? {};
      if (!topics?.has(topic)) {
        throw new RealtimeError(
          "not_found",
          `Cannot stop the stream: ${
            quote(channel)
          } has none with this id in topic ${quote(topic)}`,
        );
      }
      if (stream) await this.#finish(stream, { stopped: true });
      return this.endOf(channel, streamId)?.reason === "stopped";
    });
  }

  /** Whoever waits for the end of a stream waits no longer: the gateway goes away. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Lets go of everything. */
  close(): void {
    this.leave();
    this.#isClosed = true;
    for (const stream of this.#live.values()) stream.end();
    this.#live.clear();
    this.#ended.clear();
  }

  /** Does something while the channel's feed is held, and everything about the stream is known that the log says. */
  async #with<T>(
    channel: string,
    streamId: string,
    mayBeOld: boolean,
    action: (feed: Feed) => Promise<T>,
  ): Promise<T> {
    checkName("channel", channel);
    const known = this.#find(channel, streamId);
    if (known?.isHeld) return await action(known.feed);
    const feed = await this.#hub.hold(channel);
    try {
      if (mayBeOld) await this.#look(feed, streamId);
      return await action(feed);
    } finally {
      const stream = this.#find(channel, streamId);
      // What was published here is followed to its end.
      if (stream && !stream.isHeld && stream.topics.size > 0) {
        stream.feed = feed;
        stream.isHeld = true;
      } else this.#hub.release(feed);
    }
  }

  /** Learns of a stream that began, or ended, before the feed was held. */
  async #look(feed: Feed, streamId: string): Promise<void> {
    const { channel } = feed;
    if (this.endOf(channel, streamId)) return;
    const found = await findStream(this.#hub.broker, channel, streamId);
    if (!found || this.endOf(channel, streamId)) return;
    if (found.end) return this.#close(channel, streamId, found.end);
    const stream = this.#open(feed, channel, streamId);
    stream.start ??= found.start;
    for (const topic of found.topics) stream.topics.add(topic);
  }

  /** The channel's feed has a message of a stream. */
  #see(feed: Feed, { kind, topic, streamId, offset, json }: StreamEntry): void {
    const { channel, epoch } = feed;
    if (topic === TEE_TOPIC || !isOfStream(kind, topic)) return;
    if (this.endOf(channel, streamId)) return;
    if (kind === "datastream-end") {
      const { topics = new Set([topic]) } = this.#find(channel, streamId) ?? {};
      const id = formatId(epoch, offset);
      const end = { ...readEnd(String(json)), id, topics };
      return this.#close(channel, streamId, end);
    }
    const stream = this.#open(feed, channel, streamId);
    stream.topics.add(
      topic === LEASE_TOPIC ? leasedTopic(String(json)) : topic,
    );
    if (kind === "datastream-start") stream.start = formatId(epoch, offset);
    stream.seen(offset);
  }

  #open(feed: Feed, channel: string, streamId: string): LiveStream {
    const known = this.#find(channel, streamId);
    if (known) return known;
    const stream = new LiveStream(channel, streamId, feed);
    if (this.#isClosed) return stream;
    this.#live.set(nameOf(channel, streamId), stream);
    this.#arm(stream);
    return stream;
  }

  /** What is known of a stream that is open: nothing, once nobody follows its channel. */
  #find(channel: string, streamId: string): LiveStream | undefined {
    const name = nameOf(channel, streamId);
    const stream = this.#live.get(name);
    if (!stream || stream.isHeld || this.#hub.has(stream.feed)) return stream;
    stream.end();
    this.#live.delete(name);
    return undefined;
  }

  #refuseEnded(channel: string, streamId: string): void {
    const end = this.endOf(channel, streamId);
    if (end) throw endedError(channel, end);
  }

  /** A stream has ended: the first who says how is right. */
  #close(channel: string, streamId: string, end: StreamEnd): void {
    const name = nameOf(channel, streamId);
    if (this.#ended.has(name) || this.#isClosed) return;
    const stream = this.#live.get(name);
    const start = stream?.start ?? end.start;
    this.#ended.set(name, start === undefined ? end : { ...end, start });
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > MAX_ENDED && oldest !== undefined) {
      this.#ended.delete(oldest);
    }
    this.#live.delete(name);
    if (!stream) return;
    stream.end();
    if (stream.isHeld) this.#hub.release(stream.feed);
  }

  #arm(stream: LiveStream): void {
    stream.arm(() => {
      this.#check(stream).catch((error) => {
        this.#options.report("stream lease", error);
        // The broker may be back by then.
        stream.seen(stream.offset);
        if (!stream.signal.aborted) this.#arm(stream);
      });
    }, this.#options.leaseMs);
  }

  /** Its time may have come. */
  async #check(stream: LiveStream): Promise<void> {
    const { channel, streamId, feed, offset, topics } = stream;
    if (this.#find(channel, streamId) !== stream) return;
    const { leaseMs } = this.#options;
    if (stream.isSilent) return await this.#finish(stream, LOST);
    const [topic] = topics;
    if (stream.patienceMs !== undefined && topic !== undefined) {
      if (stream.quietMs >= leaseMs / 4) {
        await this.#touch(channel, topic, streamId);
      }
    } else if (stream.quietMs >= leaseMs) {
      // The log is right where this gateway was not told of everything.
      const found = await findStream(
        this.#hub.broker,
        channel,
        streamId,
        feed.epoch,
        offset,
      );
      if (found?.end) return this.#close(channel, streamId, found.end);
      if (!found) {
        // Who only follows the channel may not know all of its topics.
        if (!stream.isHeld) await this.#look(feed, streamId);
        return await this.#finish(stream, LOST);
      }
      stream.seen(offset);
    }
    if (!stream.signal.aborted) this.#arm(stream);
  }

  /** Ends a stream in its producer's place. */
  async #finish(stream: LiveStream, metadata: object): Promise<void> {
    const { channel, streamId, topics, origin } = stream;
    const json = JSON.stringify(metadata);
    const [id = ""] = await this.#publisher.publish(
      { ...origin, channel, kind: "datastream-end", streamId, metadata: json },
      [...topics],
      JSON.stringify(streamId),
      endKey(streamId),
    );
    // Unless the feed told of it already, or of another end that was first.
    this.#close(channel, streamId, {
      ...readEnd(`{"metadata":${json}}`),
      at: Date.now(),
      id,
      topics,
    });
  }

  async #touch(
    channel: string,
    topic: string,
    streamId: string,
  ): Promise<void> {
    await this.#publisher.publish(
      { channel, kind: "event", streamId },
      [LEASE_TOPIC],
      JSON.stringify(topic),
    );
  }
}

function nameOf(channel: string, streamId: string): string {
  return `${channel}\n${streamId}`;
}
