import {
  type Event,
  type EventCallback,
  isRunLocalTopic,
  PubSub,
  type SubscribeOptions,
} from "@mastra/core/events";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import type { AdapterOptions } from "./channel_for.ts";
import { EventTopics } from "./event_topics.ts";

/**
 * A `PubSub` for the streams of durable agents. Events, of JSON, stay in the gateway's log as long as that keeps them, and are replayed by
 * index. Each subscriber gets each event once: consumer groups are refused, nothing is redelivered, `batch` is ignored, leases are absent.
 */
export class RealtimePubSub extends PubSub {
  readonly #topics: EventTopics<Omit<Event, "id" | "createdAt">>;

  /** Makes the events of an app's server. */
  constructor(realtime: RealtimeApp, options: AdapterOptions = {}) {
    super();
    this.#topics = new EventTopics(realtime, options.prefix ?? "mastra:");
  }

  /** Always `true`. */
  override get supportsOffsets(): boolean {
    return true;
  }

  /** Publishes an event; one that is `localOnly`, or of a run-local topic, to subscribers of this process only. */
  override async publish(
    topic: string,
    event: Omit<Event, "id" | "createdAt">,
    { localOnly = isRunLocalTopic(topic) }: { localOnly?: boolean } = {},
  ): Promise<void> {
    if (localOnly) this.#topics.tell(topic, event);
    else await this.#topics.publish(topic, event);
  }

  /** Subscribes to a topic, from the oldest event of the log on unless `startFrom` is `latest`. */
  override async subscribe(
    topic: string,
    cb: EventCallback,
    { group, startFrom = "earliest" }: SubscribeOptions = {},
  ): Promise<void> {
    if (group !== undefined) {
      const message =
        `Cannot subscribe to "${topic}" in the group "${group}": consumer groups are not supported`;
      throw new RealtimeError("invalid_argument", message);
    }
    await this.#topics.listen(topic, startFrom, cb);
  }

  /** Subscribes to a topic, from the event with an index on. */
  override async subscribeFromOffset(
    topic: string,
    offset: number,
    cb: EventCallback,
  ): Promise<void> {
    await this.#topics.listen(topic, offset, cb);
  }

  /** Ends the subscription of a callback. */
  override unsubscribe(topic: string, cb: EventCallback): Promise<void> {
    this.#topics.leave(topic, cb);
    return Promise.resolve();
  }

  /** Returns the events of a topic that the log has, from an index on. */
  override async getHistory(
    topic: string,
    offset = 0,
  ): Promise<Event[]> {
    return await this.#topics.read(topic, offset);
  }

  /** Waits for the events that are being published. */
  override async flush(): Promise<void> {
    await this.#topics.published();
  }
}
