/**
 * The events of Mastra in the gateway's log, from which its durable agents resume their streams.
 *
 * @example An agent whose answers other processes can observe, also after a reload
 * ```ts
 * import type { Agent } from "@mastra/core/agent";
 * import { createDurableAgent } from "@mastra/core/agent/durable";
 * import { createRealtime } from "@tidings/realtime";
 * import { RealtimePubSub } from "@tidings/realtime/ai/mastra";
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * const pubsub = new RealtimePubSub(realtime);
 *
 * export function durable(agent: Agent) {
 *   return createDurableAgent({ agent, pubsub, cache: false });
 * }
 * ```
 *
 * @module
 */
import * as mastra from "@mastra/core/events";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import type { AdapterOptions } from "./channel_for.ts";
import { EventTopics } from "./event_topics.ts";
export type { AdapterOptions };

/**
 * A `PubSub` for the streams of durable agents. Events, of JSON, stay in the gateway's log as long as that keeps them, and are replayed by
 * index. Each subscriber gets each event once: consumer groups are refused, nothing is redelivered, `batch` is ignored, leases are absent.
 */
export class RealtimePubSub extends mastra.PubSub {
  readonly #topics: EventTopics<Omit<mastra.Event, "id" | "createdAt">>;

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
    event: Omit<mastra.Event, "id" | "createdAt">,
    { localOnly = mastra.isRunLocalTopic(topic) }: { localOnly?: boolean } = {},
  ): Promise<void> {
    if (localOnly) this.#topics.tell(topic, event);
    else await this.#topics.publish(topic, event);
  }

  /** Subscribes to a topic, from the oldest event of the log on unless `startFrom` is `latest`. */
  override async subscribe(
    topic: string,
    cb: mastra.EventCallback,
    { group, startFrom = "earliest" }: mastra.SubscribeOptions = {},
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
    cb: mastra.EventCallback,
  ): Promise<void> {
    await this.#topics.listen(topic, offset, cb);
  }

  /** Ends the subscription of a callback. */
  override unsubscribe(topic: string, cb: mastra.EventCallback): Promise<void> {
    this.#topics.leave(topic, cb);
    return Promise.resolve();
  }

  /** Returns the events of a topic that the log has, from an index on. */
  override async getHistory(
    topic: string,
    offset = 0,
  ): Promise<mastra.Event[]> {
    return await this.#topics.read(topic, offset);
  }

  /** Waits for the events that are being published. */
  override async flush(): Promise<void> {
    await this.#topics.published();
  }
}
