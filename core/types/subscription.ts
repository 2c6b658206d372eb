import type { RealtimeError } from "../protocol/errors.ts";
import type { AsyncClosing } from "./async_closing.ts";
import type { StreamPlace } from "./stream.ts";
import type { Topic, TopicDefinition, Topics } from "./topic.ts";
import type { Untyped } from "./utility.ts";

/** Messages of a channel that are lost: those between the two ids, both exclusive. */
export interface Gap {
  /** The channel's name. */
  readonly channel: string;
  /** The id of the last message before the gap. */
  readonly after: string;
  /** The id of the first message after the gap. */
  readonly before: string;
}

/** The state of a subscription. */
export type ReaderState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "refreshing"
  | "closed"
  | "failed";

/** Why a subscription is in its state, and when it goes on. */
export interface StateDetails {
  /** The error of the state `failed`; in other states the reason why the connection was lost or the last attempt failed. */
  readonly error?: RealtimeError | undefined;
  /** The number of the last attempt, counted since the gateway last answered; 0 when the connection has just been lost. */
  readonly attempt?: number | undefined;
  /** Milliseconds until the next attempt. */
  readonly retryInMs?: number | undefined;
}

/** The data that answer a topic's questions; any data if the topic is known by its name only. */
export type ReplyData<TTopic extends TopicDefinition> = string extends
  TTopic["name"] ? Untyped
  : Topic.InferPublish<Topic.InferReply<TTopic>>;

/** The methods of a subscription that publish. The token must grant the topic. */
export interface SubscriptionSenders<TTopics extends Topics> {
  /**
   * Publishes a message to a topic of the channel. It retries with an idempotency key, so that a lost connection neither loses nor doubles
   * the message.
   *
   * @returns The message's id.
   * @throws {RealtimeError} `invalid_data` if the data do not match the topic's schema, here or at the gateway; `forbidden` if the token
   * does not grant the topic; `aborted` if the subscription is closed; `network` if the gateway can't be reached for a minute; otherwise the
   * gateway's refusal.
   */
  send<TTopic extends keyof TTopics & string>(
    topic: TTopic,
    data: Topic.InferPublish<TTopics[TTopic]>,
  ): Promise<string>;

  /**
   * Answers a question: publishes to the topic that the question's topic names by `reply()`. Only the first answer counts.
   *
   * @param question The message with the question.
   * @returns The answer's id.
   * @throws {RealtimeError} `conflict` if the question is already answered; otherwise as `send`.
   */
  reply<TTopic extends keyof TTopics & string>(
    question: {
      readonly topic: TTopic;
      readonly id: string;
      readonly replyTopic?: string;
    },
    data: ReplyData<TTopics[TTopic]>,
  ): Promise<string>;
}

/** The methods of a subscription, besides those of the stream that it is. */
export interface SubscriptionControls<TMessage> extends AsyncClosing {
  /**
   * Returns another stream of the messages. It starts at the subscription's current position, or at its start if nothing has been read
   * yet. The subscription ends when the last stream that was being read is cancelled.
   */
  getJsonStream(): ReadableStream<TMessage>;
  /** Returns the messages as the bytes of Server-Sent Events: a response body for an `EventSource`. */
  getEncodedStream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Stops a data stream at its source: it ends for every subscriber, and its publisher is informed. The token must grant the stream's topic
   * for publishing.
   *
   * @param stream Any message of the stream, or its channel, topic and id.
   * @returns `true` if this call ended the stream, `false` if it had ended before.
   * @throws {RealtimeError} `forbidden`; `not_found` if the gateway has no such stream.
   */
  stop(stream: StreamPlace): Promise<boolean>;
  /** Closes the subscription and all of its streams. Resolves when its connection is closed. */
  close(reason?: string): Promise<void>;
  /** Same as `close`. */
  unsubscribe(reason?: string): Promise<void>;
  /** Returns an id from which another subscription misses no message: pass it as `from`. */
  position(): string | undefined;
  /** Iterates over the messages. Leaving the loop closes the subscription. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TMessage>;
}
