import type { Publisher } from "../publish/publisher.ts";
import { SpreadTasks } from "../turns/spread_tasks.ts";
import { LeaseClock } from "./lease_clock.ts";
import type { LiveStream } from "./live_stream.ts";
import { endKey, endReasonOf, LOST } from "./stream_end.ts";
import { LEASE_TOPIC } from "../wire/stream_message.ts";
import type { StreamRegistry } from "./stream_registry.ts";

/** Leases that are checked in one turn of the event loop: a mass of them must not delay all else. */
const CHECKS_PER_TURN = 16;

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
  /** Checks the leases that may have run out. */
  readonly #checks = new SpreadTasks(CHECKS_PER_TURN);
  readonly #clock: LeaseClock<LiveStream>;

  constructor(
    registry: StreamRegistry,
    publisher: Publisher,
    options: LeaseOptions,
  ) {
    this.#registry = registry;
    this.#publisher = publisher;
    this.#options = options;
    this.#clock = new LeaseClock(options.leaseMs, (stream) => {
      this.#checks.add(() => this.#check(stream));
    });
  }

  close(): void {
    this.#clock.close();
  }

  watch(stream: LiveStream): void {
    this.#clock.set(stream, stream.dueAt(this.#options.leaseMs));
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

  /** Checks a lease, and watches it again unless the stream has ended. */
  async #check(stream: LiveStream): Promise<void> {
    const { channel, streamId, signal } = stream;
    if (this.#registry.liveOf(channel, streamId) !== stream) return;
    try {
      if (stream.patienceMs === undefined) await this.#checkProducer(stream);
      else await this.#checkBody(stream);
    } catch (error) {
      this.#options.report("stream lease", error);
      // By the end of another lease the broker may be back.
      stream.seen();
    }
    if (!signal.aborted && stream.slot === undefined) this.watch(stream);
  }

  /** Renews the lease of a stream whose body this gateway reads, or ends it when the body was silent for too long. */
  async #checkBody(stream: LiveStream): Promise<void> {
    if (stream.isSilent) return await this.end(stream, LOST);
    const { channel, streamId, topics: [topic = ""] } = stream;
    await this.renew(channel, topic, streamId);
  }

  /** Ends a stream of which nothing came for the time of the lease. */
  async #checkProducer(stream: LiveStream): Promise<void> {
    const { channel, feed } = stream;
    const isQuiet = (): boolean =>
      !stream.signal.aborted && stream.quietMs >= this.#options.leaseMs;
    if (!isQuiet()) return;
    const { hub } = this.#registry;
    await hub.hold(channel);
    try {
      // A message that is in the log counts even if the feed does not have it yet.
      if (!await feed.isCurrent() || !isQuiet()) return;
      // A gateway that only follows the channel may not know all of the stream's topics.
      if (!stream.isHeld) await this.#registry.readLog(feed);
      if (isQuiet()) await this.end(stream, LOST);
    } finally {
      hub.release(feed);
    }
  }
}
