import { RealtimeError } from "../../core/protocol/errors.ts";
import { parseId, type Position } from "../../core/protocol/id.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { OtherStreams } from "../../core/types/realtime.ts";
import type { InterruptedStream } from "../brokers/broker.ts";
import type { Feed } from "../fan_out/feed.ts";
import type { Hub } from "../fan_out/hub.ts";
import { type MessageKey, ttlOf } from "../publish/idempotency_key.ts";
import { quote } from "../wire/quote.ts";
import type { MessagePublisher, Publisher } from "../publish/publisher.ts";
import { conflictError, type LiveStream } from "./live_stream.ts";
import { openError, SoleStarts } from "./sole_starts.ts";
import {
  endedError,
  endKey,
  endReasonOf,
  REPLACED,
  STOPPED,
  type StreamEnd,
} from "./stream_end.ts";
import { type LeaseOptions, StreamLeases } from "./stream_leases.ts";
import { type StreamLimitOptions, StreamLimits } from "./stream_limits.ts";
import type { StreamEnvelope } from "../wire/stream_message.ts";
import { StreamRegistry } from "./stream_registry.ts";

/** Options of publishing a stream's message. */
export interface StreamOptions {
  readonly key?: MessageKey | undefined;
  /** Publishes with the rights of the request. */
  readonly publisher: MessagePublisher;
  /** How many milliseconds the body may be silent, where this gateway reads the stream from a body. */
  readonly patienceMs?: number | undefined;
  /**
   * How the other open streams of the topics are treated when the stream begins.
   *
   * @default {"keep"}
   */
  readonly otherStreams?: OtherStreams | undefined;
  /** Whether the start joins a stream that another producer has open, in place of ending it. */
  readonly join?: boolean | undefined;
}

/** The ids of a stream's message, one for each topic. */
export interface PublishedStreamMessage {
  readonly ids: readonly string[];
  /** Comes with the id of a start that was published before, when the stream has ended since, or is joined. */
  readonly error?: RealtimeError;
}

const OTHER_PRODUCER = "another producer began the stream";

const FORGOTTEN =
  "the stream was begun before, and the log no longer tells how it ended";

/** Milliseconds for which a repeated start of an ended stream counts as a retry, unless its key asks for another time. */
const KEY_TTL_MS = 120_000;

const DONE = Promise.resolve();

/** Publishes into data streams, keeps them open and stops them. */
export class Streams {
  readonly #limits: StreamLimits;
  readonly #registry: StreamRegistry;
  readonly #leases: StreamLeases;
  readonly #sole: SoleStarts;
  /** How long a stream may be silent, in milliseconds. */
  readonly leaseMs: number;
  readonly #report: LeaseOptions["report"];
  readonly #leaving = new AbortController();

  constructor(
    hub: Hub,
    publisher: Publisher,
    options: LeaseOptions & StreamLimitOptions,
  ) {
    this.#limits = new StreamLimits(options);
    this.#registry = new StreamRegistry(
      hub,
      this.#limits,
      (stream) => this.#leases.watch(stream),
    );
    this.#leases = new StreamLeases(this.#registry, publisher, options);
    this.#sole = new SoleStarts(this.#registry, this.#leases);
    this.leaseMs = options.leaseMs;
    this.#report = options.report;
  }

  /**
   * Publishes a message of a stream, which has the id that `ownStreamId` returns, to some topics.
   *
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`; `conflict` where another producer began the stream; `stream_open` where other
   * streams are refused; `too_many` open streams; the errors of publishing.
   */
  async publish(
    envelope: StreamEnvelope,
    topics: readonly string[],
    data: string,
    options: StreamOptions,
  ): Promise<PublishedStreamMessage> {
    const { channel, streamId, kind, producer } = envelope;
    const { otherStreams = "keep" } = options;
    // A producer without a name makes a new id for each stream, which no log has yet.
    const mayBeInLog = kind !== "datastream-start" || producer !== undefined ||
      otherStreams !== "keep";
    // No transition awaits anything between the look at the state and the call of the broker, so that nothing can follow a stream's end.
    const registry = this.#registry;
    return await registry.hold(channel, streamId, mayBeInLog, (feed) => {
      if (kind !== "datastream-start") registry.requireBegun(channel, streamId);
      if (kind === "datastream-end") {
        return this.#end(envelope, topics, data, options);
      }
      const start = (): Promise<PublishedStreamMessage> =>
        this.#start(feed, envelope, topics, data, options);
      const publish = (): Promise<PublishedStreamMessage> => {
        if (kind === "chunk") {
          return this.#append(feed, envelope, topics, data, options);
        }
        if (otherStreams === "keep") return start();
        const stream = { streamId, topics, otherStreams };
        return this.#sole.begin(feed, stream, start);
      };
      return registry.opening(channel, streamId, publish);
    });
  }

  /** Returns a signal that aborts when a stream that was published here ends. */
  signal(channel: string, streamId: string): AbortSignal {
    return this.#registry.liveOf(channel, streamId)?.signal ??
      AbortSignal.abort();
  }

  endOf(channel: string, streamId: string): StreamEnd | undefined {
    return this.#registry.endOf(channel, streamId);
  }

  /**
   * Keeps a stream open whose producer is quiet.
   *
   * @param waitMs How many milliseconds to wait for the stream's end.
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`; `conflict` for another topic than the stream's; `too_many` open streams.
   */
  async keep(
    channel: string,
    topic: string,
    streamId: string,
    waitMs: number,
  ): Promise<void> {
    checkName("topic", topic);
    const registry = this.#registry;
    const renew = async (feed: Feed): Promise<LiveStream> => {
      registry.requireBegun(channel, streamId);
      registry.requireOpen(channel, streamId, [topic]);
      await this.#leases.renew(channel, topic, streamId);
      registry.requireOpen(channel, streamId, [topic]);
      const stream = registry.open(feed, channel, streamId);
      this.#limits.published(stream);
      stream.topics.add(topic);
      return stream;
    };
    const stream = await registry.hold(
      channel,
      streamId,
      true,
      (feed) => registry.opening(channel, streamId, () => renew(feed)),
    );
    const { signal } = this.#leaving;
    await stream.ended(Math.min(waitMs, this.leaseMs / 3), signal);
    registry.requireOpen(channel, streamId, [topic]);
  }

  /**
   * Stops a stream for a reader.
   *
   * @returns Whether a reader stopped it, now or before; `false` where it ended otherwise.
   * @throws {RealtimeError} `not_found`.
   */
  async stop(
    channel: string,
    topic: string,
    streamId: string,
  ): Promise<boolean> {
    checkName("topic", topic);
    return await this.#registry.hold(channel, streamId, true, async () => {
      const stream = this.#registry.get(channel, streamId);
      if (!stream?.topics.has(topic)) {
        throw new RealtimeError(
          "not_found",
          `Cannot stop the stream: ${
            quote(channel)
          } has none with this id in topic ${quote(topic)}`,
        );
      }
      if (stream.state === "open") await this.#leases.end(stream, STOPPED);
      return this.endOf(channel, streamId)?.reason === "stopped";
    });
  }

  /** Ends a stream in the place of its producer, which may not publish any more. */
  async breakOff(
    channel: string,
    streamId: string,
    metadata: object,
  ): Promise<void> {
    const stream = this.#registry.liveOf(channel, streamId);
    if (stream) await this.#leases.end(stream, metadata);
  }

  /** Watches the streams that an earlier process left open. Those whose producers are gone end with their leases. */
  async adopt(streams: readonly InterruptedStream[]): Promise<void> {
    for (const { channel, streamId } of streams) {
      try {
        await this.#registry.hold(channel, streamId, true, () => DONE);
      } catch (error) {
        // It ends when a client follows its channel.
        this.#report("adopting a stream", error);
      }
    }
  }

  /** Answers the requests that wait for the end of a stream. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Forgets every stream and stops all timers. */
  close(): void {
    this.leave();
    this.#registry.close();
    this.#leases.close();
  }

  async #start(
    feed: Feed,
    envelope: StreamEnvelope,
    topics: readonly string[],
    data: string,
    options: StreamOptions,
  ): Promise<PublishedStreamMessage> {
    const { channel, streamId, producer } = envelope;
    const { publisher, key, patienceMs, join } = options;
    const known = this.#registry.getIn(channel, streamId, topics);
    if (known?.state === "ended") {
      return restart(channel, known, producer, ttlOf(key));
    }
    if (known && known.producer !== producer) {
      const ids = known.start === undefined ? [] : [known.start];
      if (join) return { ids, error: openError(channel, topics, [known]) };
      await this.#leases.end(known, REPLACED);
      throw conflictError(channel, OTHER_PRODUCER);
    }
    const before = { epoch: feed.epoch, offset: feed.top };
    const ids = await publisher.publish(envelope, topics, data, key);
    // Without a producer's name, the log wasn't searched for the stream.
    if (
      !known && producer !== undefined &&
      await wasPublishedBefore(feed, before, ids[0])
    ) throw conflictError(channel, FORGOTTEN);
    const begun = this.#registry.get(channel, streamId);
    // Another gateway appended a start with the same key after the look at the state. By now the state shows it.
    if (begun && begun.producer !== producer) {
      return await this.#start(feed, envelope, topics, data, options);
    }
    const stream = this.#published(feed, envelope, topics);
    if (stream) {
      stream.start = ids[0];
      stream.producer = producer;
      stream.patienceMs = patienceMs;
      this.#leases.watch(stream);
    }
    return { ids };
  }

  async #append(
    feed: Feed,
    envelope: StreamEnvelope,
    topics: readonly string[],
    data: string,
    { publisher, key }: StreamOptions,
  ): Promise<PublishedStreamMessage> {
    this.#registry.requireOpen(envelope.channel, envelope.streamId, topics);
    const ids = await publisher.publish(envelope, topics, data, key);
    this.#published(feed, envelope, topics);
    return { ids };
  }

  async #end(
    envelope: StreamEnvelope,
    topics: readonly string[],
    data: string,
    { publisher }: StreamOptions,
  ): Promise<PublishedStreamMessage> {
    const { channel, streamId, metadata = "null" } = envelope;
    const known = this.#registry.getIn(channel, streamId, topics);
    if (known?.state === "ended") return { ids: [repeatEnd(channel, known)] };
    const key = endKey(streamId, known?.topics ?? topics);
    const ids = await publisher.publish(envelope, topics, data, key);
    this.#registry.end(channel, streamId, {
      state: "ended",
      reason: endReasonOf(JSON.parse(metadata)),
      at: Date.now(),
      id: String(ids[0]),
      topics: new Set(topics),
    });
    return { ids };
  }

  /** Records a message that was published; returns the stream, unless it has ended in the meantime. */
  #published(
    feed: Feed,
    envelope: StreamEnvelope,
    topics: readonly string[],
  ): LiveStream | undefined {
    const { channel, streamId } = envelope;
    if (this.#registry.endOf(channel, streamId)) return undefined;
    const stream = this.#registry.open(feed, channel, streamId);
    stream.published(envelope, topics);
    this.#limits.published(stream);
    return stream;
  }
}

/** Tells whether the log had a message already when the feed was at a position: a key was known. Else the feed has shown it. */
async function wasPublishedBefore(
  feed: Feed,
  before: Position,
  id: string | undefined,
): Promise<boolean> {
  const published = parseId(id);
  if (!published) return false;
  const { epoch, offset } = before;
  const isEarlier = published.epoch === epoch
    ? offset >= published.offset
    // Either the message is of an older log, or the log was lost at this moment.
    : await feed.isCurrent() && feed.epoch === epoch;
  if (!isEarlier) await feed.reachedSoon(published);
  return isEarlier;
}

/** Answers the start of a stream that has ended: a retry of the producer learns the end, another producer gets an error. */
function restart(
  channel: string,
  end: StreamEnd,
  producer: string | undefined,
  keyTtlMs = KEY_TTL_MS,
): PublishedStreamMessage {
  const endedWell = end.reason === "done" || end.reason === "stopped";
  const isRecent = Date.now() - end.at < keyTtlMs;
  if (producer !== undefined && !(endedWell && isRecent)) {
    throw conflictError(channel, OTHER_PRODUCER);
  }
  const ids = end.start === undefined ? [] : [end.start];
  return { ids, error: endedError(channel, end) };
}

/** Returns the id of an end that its producer publishes again. */
function repeatEnd(channel: string, end: StreamEnd): string {
  if (end.reason === "done" || end.reason === "failed") return end.id;
  throw endedError(channel, end);
}
