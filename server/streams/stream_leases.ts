import type { Publisher } from "../publish/publisher.ts";
import { findStream } from "./find_stream.ts";
import type { LiveStream } from "./live_stream.ts";
import { endKey, endReasonOf, LOST } from "./stream_end.ts";
import { LEASE_TOPIC } from "./stream_message.ts";
import type { StreamRegistry } from "./stream_registry.ts";

/** Options of the leases. */
export interface LeaseOptions {
  /** Milliseconds without a message after which a stream ends. */
  readonly leaseMs: number;
  /** Reports a failure that no request waits for. */
  report(stage: string, error: unknown): void;
}

/**
 * Ends the streams whose producers are gone.
 *
 * Every gateway that follows a channel sees the same messages: the stream's own, and those of {@linkcode LEASE_TOPIC} by which a quiet
 * producer, or the gateway that reads its body, keeps the stream open. Each gateway ends a stream of which it has seen nothing for the time
 * of the lease; the idempotency key of the end lets only the first one count.
 */
export class StreamLeases {
  readonly #registry: StreamRegistry;
  readonly #publisher: Publisher;
  readonly #options: LeaseOptions;

  constructor(
    registry: StreamRegistry,
    publisher: Publisher,
    options: LeaseOptions,
  ) {
    this.#registry = registry;
    this.#publisher = publisher;
    this.#options = options;
  }

  watch(stream: LiveStream): void {
    stream.setTimer(() => {
      this.#check(stream).catch((error) => {
        this.#options.report("stream lease", error);
        // By the end of another lease the broker may be back.
        stream.seen(stream.offset);
      }).finally(() => {
        if (!stream.signal.aborted) this.watch(stream);
      });
    }, this.#options.leaseMs);
  }

  /** Publishes a sign of life of a stream, unless one of its messages is recent enough. */
  async renew(
    channel: string,
    topic: string,
    streamId: string,
  ): Promise<void> {
    const quietMs = this.#registry.liveOf(channel, streamId)?.quietMs;
    if (quietMs !== undefined && quietMs < this.#options.leaseMs / 4) return;
    await this.#publisher.publish(
      { channel, kind: "event", streamId },
      [LEASE_TOPIC],
      JSON.stringify(topic),
    );
  }

  /** Ends a stream in its producer's place. */
  async end(stream: LiveStream, metadata: object): Promise<void> {
    const { channel, streamId, topics, origin } = stream;
    const json = JSON.stringify(metadata);
    const [id = ""] = await this.#publisher.publish(
      { ...origin, channel, kind: "datastream-end", streamId, metadata: json },
      [...topics],
      JSON.stringify(streamId),
      endKey(streamId, topics),
    );
    // Has no effect where the feed has shown this end already, or another one that was first.
    this.#registry.end(channel, streamId, {
      state: "ended",
      reason: endReasonOf(metadata),
      at: Date.now(),
      id,
      topics,
    });
  }

  async #check(stream: LiveStream): Promise<void> {
    const { channel, streamId } = stream;
    if (this.#registry.liveOf(channel, streamId) !== stream) return;
    if (stream.patienceMs === undefined) await this.#checkProducer(stream);
    else await this.#checkBody(stream);
  }

  /** Renews the lease of a stream whose body this gateway reads, or ends it when the body was silent for too long. */
  async #checkBody(stream: LiveStream): Promise<void> {
    if (stream.isSilent) return await this.end(stream, LOST);
    const { channel, streamId, topics: [topic = ""] } = stream;
    await this.renew(channel, topic, streamId);
  }

  /** Ends a stream of which nothing came for the time of the lease. */
  async #checkProducer(stream: LiveStream): Promise<void> {
    if (stream.quietMs < this.#options.leaseMs) return;
    const { channel, streamId, feed, offset } = stream;
    // The feed may have missed messages that are in the log.
    const after = { epoch: feed.epoch, offset };
    const { broker } = this.#registry.hub;
    const found = await findStream(broker, channel, streamId, after);
    if (found?.end) return this.#registry.end(channel, streamId, found.end);
    if (found) return stream.seen(offset);
    // A gateway that only follows the channel may not know all of the stream's topics.
    if (!stream.isHeld) await this.#registry.readLog(feed, streamId);
    await this.end(stream, LOST);
  }
}
