import {
  type FollowedTopics,
  followTopics,
} from "../../core/app/follow_topics.ts";
import { formatId, parseId } from "../../core/protocol/id.ts";
import type { IncomingMessage } from "../../core/subscribe/decode_message.ts";
import type { RealtimeApp } from "../../core/types/realtime.ts";
import { channelFor } from "./channel_for.ts";
import { readLog } from "./read_log.ts";

/** The fields that a published event gets besides its own. Its own `index` comes first. */
export interface Place {
  readonly id: string;
  readonly createdAt: Date;
  /** How many events of the topic came before; absent where the event is not in the log. */
  readonly index?: number;
}

/** The start of a listener: the oldest event that the log has, the next one, or the one with an index. */
export type EventStart = "earliest" | "latest" | number;

/** A function that is called with each event of a topic, in order and without waiting for it. What it throws goes to the console. */
export type Listener<T> = (event: T & Place) => unknown;

/** Topics whose events are numbered by their places in a log. Each topic has a channel of its own. */
export class EventTopics<T extends object> {
  readonly #app: RealtimeApp;
  readonly #prefix: string;
  /** The listeners of this process by topic, each with what ends its subscription. */
  readonly #listeners = new Map<string, Map<Listener<T>, AbortController>>();
  readonly #publishing = new Set<Promise<unknown>>();

  /** @param prefix The beginning of the channels' names. */
  constructor(app: RealtimeApp, prefix: string) {
    this.#app = app;
    this.#prefix = prefix;
  }

  /** Adds an event to a topic's log. */
  async publish(topic: string, event: T): Promise<void> {
    const published = this.#target(topic).then(({ app, channel }) =>
      app.publish({ channel, topic: "events", data: event })
    );
    this.#publishing.add(published);
    try {
      await published;
    } finally {
      this.#publishing.delete(published);
    }
  }

  /** Resolves when all that is being published is in the log, or refused. */
  async published(): Promise<void> {
    await Promise.allSettled(this.#publishing);
  }

  /** Passes an event to the listeners of this process only. */
  tell(topic: string, event: T): void {
    const told = { ...event, id: crypto.randomUUID(), createdAt: new Date() };
    const listeners = this.#listeners.get(topic)?.keys() ?? [];
    for (const listener of [...listeners]) void call(listener, told);
  }

  /** Returns the events of a topic that the log has now, from an index on. */
  async read(topic: string, first: number): Promise<(T & Place)[]> {
    const { messages } = await readLog(await this.#target(topic));
    return messages.map((message) => decodeEvent<T>(message))
      .filter(({ index = 0 }) => index >= first);
  }

  /**
   * Adds a listener to a topic. Resolves when the gateway has accepted the subscription; what happens to it later goes to the console.
   *
   * @throws {RealtimeError} The refusal of the gateway.
   */
  async listen(
    topic: string,
    start: EventStart,
    listener: Listener<T>,
  ): Promise<void> {
    this.leave(topic, listener);
    const ending = new AbortController();
    const listeners = this.#listeners.get(topic) ?? new Map();
    this.#listeners.set(topic, listeners.set(listener, ending));
    try {
      await this.#follow(topic, start, ending.signal, listener);
    } catch (error) {
      if (ending.signal.aborted) return;
      this.leave(topic, listener);
      throw error;
    }
  }

  /** Removes a listener. */
  leave(topic: string, listener: Listener<T>): void {
    const listeners = this.#listeners.get(topic);
    listeners?.get(listener)?.abort();
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#listeners.delete(topic);
  }

  async #follow(
    topic: string,
    start: EventStart,
    signal: AbortSignal,
    listener: Listener<T>,
  ): Promise<void> {
    const target = await this.#target(topic);
    const opened = Promise.withResolvers<void>();
    const messages = followTopics(target, {
      from: await positionOf(start, target),
      signal,
      onState(state) {
        if (state === "open") opened.resolve();
      },
    });

    async function deliver(): Promise<void> {
      for await (const message of messages) {
        const event = decodeEvent<T>(message);
        const { index = 0 } = event;
        const isBefore = typeof start === "number" && index < start;
        if (!isBefore && !signal.aborted) void call(listener, event);
      }
    }
    const delivered = deliver();
    // Both are the subscription's end, which comes after its beginning unless it was refused.
    delivered.then(opened.resolve, opened.reject);
    await opened.promise;
    delivered.catch((error) => {
      if (!signal.aborted) {
        console.error(`Lost the events of "${topic}"`, error);
      }
    });
  }

  async #target(topic: string): Promise<FollowedTopics> {
    const channel = await channelFor(this.#prefix, topic);
    return { app: this.#app, channel, topics: ["events"] };
  }
}

/** Returns the position before the first event to read. */
async function positionOf(
  start: EventStart,
  target: FollowedTopics,
): Promise<string> {
  if (start === "earliest" || start === 0) return "start";
  const { position } = await readLog(target, "last:1");
  if (start === "latest") return position;
  const { epoch, offset } = parseId(position) ?? { epoch: "", offset: 0 };
  return formatId(epoch, Math.min(start, offset));
}

function decodeEvent<T extends object>(
  { id, createdAt, data }: IncomingMessage,
): T & Place {
  const index = (parseId(id)?.offset ?? 1) - 1;
  return { index, ...Object(data), id, createdAt };
}

async function call<T>(listener: Listener<T>, event: T & Place): Promise<void> {
  try {
    await listener(event);
  } catch (error) {
    console.error("A subscriber failed", error);
  }
}
