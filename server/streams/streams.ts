import { RealtimeError } from "../../core/protocol/errors.ts";
import { checkName } from "../../core/protocol/names.ts";
import type { Hub } from "../fan_out/hub.ts";
import { type Publisher, quote } from "../publish/publisher.ts";
import { STOPPED, type StreamEnd } from "./stream_end.ts";
import { type LeaseOptions, StreamLeases } from "./stream_leases.ts";
import type { StreamEnvelope } from "./stream_message.ts";
import {
  type PublishedStreamMessage,
  type StreamOptions,
  StreamPublisher,
} from "./stream_publisher.ts";
import { StreamRegistry } from "./stream_registry.ts";

/** Publishes into data streams, keeps them open and stops them. */
export class Streams {
  readonly #registry: StreamRegistry;
  readonly #leases: StreamLeases;
  readonly #publisher: StreamPublisher;
  readonly #leaseMs: number;
  readonly #leaving = new AbortController();

  constructor(hub: Hub, publisher: Publisher, options: LeaseOptions) {
    this.#registry = new StreamRegistry(
      hub,
      (stream) => this.#leases.watch(stream),
    );
    this.#leases = new StreamLeases(
      this.#registry,
      hub.broker,
      publisher,
      options,
    );
    this.#publisher = new StreamPublisher(
      this.#registry,
      this.#leases,
      publisher,
    );
    this.#leaseMs = options.leaseMs;
  }

  /**
   * Publishes a message of a stream to some topics.
   *
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`; `conflict` where another producer began the stream; the errors of publishing.
   */
  publish(
    envelope: StreamEnvelope,
    topics: readonly string[],
    data: string,
    options: StreamOptions = {},
  ): Promise<PublishedStreamMessage> {
    return this.#publisher.publish(envelope, topics, data, options);
  }

  /** Returns a signal that aborts when a stream that was published here ends. */
  signal(channel: string, streamId: string): AbortSignal {
    return this.#registry.liveOf(channel, streamId)?.signal ??
      AbortSignal.abort();
  }

  /** Returns the end of a stream, as far as it is known. */
  endOf(channel: string, streamId: string): StreamEnd | undefined {
    return this.#registry.endOf(channel, streamId);
  }

  /**
   * Keeps a stream open whose producer is quiet.
   *
   * @param waitMs How many milliseconds to wait for the stream's end.
   * @throws {RealtimeError} `stream_ended`, `stream_stopped`; `conflict` for another topic than the stream's.
   */
  async keep(
    channel: string,
    topic: string,
    streamId: string,
    waitMs: number,
  ): Promise<void> {
    checkName("topic", topic);
    const stream = await this.#registry.hold(
      channel,
      streamId,
      true,
      async (feed) => {
        this.#registry.requireOpen(channel, streamId, [topic]);
        await this.#leases.renew(channel, topic, streamId);
        this.#registry.requireOpen(channel, streamId, [topic]);
        const stream = this.#registry.open(feed, channel, streamId);
        stream.topics.add(topic);
        return stream;
      },
    );
    const { signal } = this.#leaving;
    await stream.ended(Math.min(waitMs, this.#leaseMs / 3), signal);
    this.#registry.requireOpen(channel, streamId, [topic]);
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

  /** Answers the requests that wait for the end of a stream: the gateway goes away. */
  leave(): void {
    this.#leaving.abort();
  }

  /** Forgets every stream and stops all timers. */
  close(): void {
    this.leave();
    this.#registry.close();
  }
}
