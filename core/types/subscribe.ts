import type { RealtimeApp, TokenOptions } from "./app.ts";
import type { TransportChoice } from "../subscribe/connection.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { ReaderState } from "../subscribe/message_reader.ts";
import type { StreamPlace } from "../subscribe/send.ts";
import type { Realtime, Untyped } from "./realtime.ts";

/** Messages that are lost: those between the two ids, both exclusive. */
export interface Gap {
  /** The channel's name. */
  readonly channel: string;
  /** The id of the last message before the gap. */
  readonly after: string;
  /** The id of the first message after it. */
  readonly before: string;
}

/**
 * Where a subscription starts: with what is published from now on, with the oldest message that the gateway still has, with the
 * newest few of those, or after the message with this id.
 */
export type From =
  | "live"
  | "start"
  | { readonly last: number }
  | (string & Record<never, never>);

/** A token for some topics of a channel: what is handed to who subscribes. */
export interface SubscriptionToken<
  TChannelId extends string,
  TTopics extends readonly string[],
  TDefinitions,
> {
  /** The JWT. */
  readonly key?: string | undefined;
  /** The channel's name. */
  readonly channel: TChannelId;
  /** The names of the topics. */
  readonly topics: TTopics;
  /** The gateway's base URL. */
  readonly apiBaseUrl?: string | undefined;
  /** Where a subscription with it starts, unless it says so itself. */
  readonly from?: From | undefined;
  /** For types only: the definitions of the channel's topics. */
  readonly "~topics"?: TDefinitions;
}

/** How to subscribe. */
export interface SubscribeOptions<TMessage> {
  /** Called with each message, in order; the next one waits for its promise. The stream has the messages too. */
  onMessage?: (message: TMessage) => void | Promise<void>;
  /**
   * Called with what goes wrong without ending the subscription, above all a message that doesn't match its topic's schema.
   *
   * @default {a warning on the console}
   */
  onError?: (error: RealtimeError) => void;
  /** Called where messages are lost. */
  onGap?: (gap: Gap) => void;
  /** Called when its state changes; with the error when it failed. */
  onState?: (state: ReaderState, error?: RealtimeError) => void;
  /**
   * Where it starts.
   *
   * @default {the token's `from`, else "live"}
   */
  from?: From;
  /** Ends the subscription. */
  signal?: AbortSignal;
  /**
   * Whether messages are checked by their topics' schemas, if there are any.
   *
   * @default {true}
   */
  validate?: boolean;
  /**
   * How much may wait unread, in characters of JSON. Beyond it the subscription stops to listen; it takes up what it missed from the
   * gateway's log when half of what waits is read.
   *
   * @default {8388608}
   */
  maxUnread?: number;
  /**
   * Whether it may share a connection with other subscriptions. A gateway lets one connection have 128 topics: beyond them a subscription
   * is refused with `too_many`, and needs a connection of its own.
   *
   * @default {true}
   */
  multiplex?: boolean;
  /**
   * The gateway's base URL, for tokens that don't say it, such as those of Inngest's SDKs.
   *
   * @default {the token's apiBaseUrl}
   */
  url?: string;
  /**
   * How to reach the gateway.
   *
   * @default {"auto", which is WebSocket, or Server-Sent Events where that can't be had}
   */
  transport?: TransportChoice;
}

/** What to subscribe to, on a server, which makes the token itself. */
export interface SubscribeTarget<TChannel, TTopics> {
  /** What makes the token: an app made by `createRealtime`, or an Inngest client. */
  readonly app: RealtimeApp;
  /** The channel, or its name. */
  readonly channel: TChannel;
  /** The names of the topics. */
  readonly topics: TTopics;
  /**
   * Topics that it may publish to, and whose data streams it may stop, as a token's.
   *
   * @default {none}
   */
  readonly publish?: TokenOptions<Extract<TChannel, string | Realtime.Channel>>[
    "publish"
  ];
}

/** What a subscription can publish, to the topics that its token grants. */
export interface SubscriptionSenders<TTopics extends Realtime.Topics> {
  /**
   * Publishes a message to a topic of the channel. A connection that is lost meanwhile doesn't matter: it is tried again, and published
   * once.
   *
   * @param topic The topic's name.
   * @returns The message's id.
   * @throws {RealtimeError} `invalid_data` where the data don't match the topic's schema, here or at the gateway; `forbidden` where the
   * token doesn't grant it; `aborted` where the subscription is closed; `network` where the gateway can't be reached for a minute; what
   * else the gateway refuses it for.
   */
  send<TTopic extends keyof TTopics & string>(
    topic: TTopic,
    data: Realtime.Topic.InferPublish<TTopics[TTopic]>,
  ): Promise<string>;

  /**
   * Answers a question: publishes to the topic that its topic names by `reply()`. The first answer counts.
   *
   * @param question The message with the question.
   * @returns The answer's id.
   * @throws {RealtimeError} `conflict` where somebody else was faster; else as `send`.
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

/** What a topic is answered with; anything where it is known by its name only. */
export type ReplyData<TTopic extends Realtime.Topic.Definition> = string extends
  TTopic["name"] ? Untyped
  : Realtime.Topic.InferPublish<Realtime.Topic.InferReply<TTopic>>;

/** What can be had from a subscription besides the stream that it is. */
export interface SubscriptionControls<TMessage> {
  /**
   * Another stream of the messages. It begins where the subscription stands: at its start, as long as nobody reads it. When none of its
   * streams is read any more, the subscription ends.
   */
  getJsonStream(): ReadableStream<TMessage>;
  /** The messages as Server-Sent Events, in bytes: the body of a response that an `EventSource` reads. */
  getEncodedStream(): ReadableStream<Uint8Array<ArrayBuffer>>;
  /**
   * Stops a data stream at its source: it ends for every reader, and who publishes it is told. The token must grant to publish to the
   * stream's topic.
   *
   * @param stream A message of the stream, or where it is.
   * @returns Whether that is how it ended; `false` where it had ended before.
   * @throws {RealtimeError} `forbidden`; `not_found` where the gateway has no such stream.
   */
  stop(stream: StreamPlace): Promise<boolean>;
  /** Ends it and all of its streams; resolves when its connection is gone. */
  close(reason?: string): Promise<void>;
  /** Does what `close` does. */
  unsubscribe(reason?: string): Promise<void>;
  /** An id from which another subscription misses nothing: give it as `from`. */
  position(): string | undefined;
  /** Iterates over the messages; leaving the loop ends the subscription. */
  [Symbol.asyncIterator](): AsyncIterableIterator<TMessage>;
  /** Does what `close` does. */
  [Symbol.asyncDispose](): Promise<void>;
}
