import type { RealtimeError } from "../protocol/errors.ts";
import type { RealtimeApp, TokenOptions } from "./app.ts";
import type { Channel } from "./channel.ts";
import type {
  Gap,
  ReaderState,
  SubscriptionControls,
  SubscriptionSenders,
} from "./subscription.ts";
import type { From, Token, TokenInput } from "./token.ts";
import type { Mutable } from "./utility.ts";

/** The transport of a subscription; `auto` is WebSocket, or Server-Sent Events if the network lets no WebSocket through. */
export type TransportChoice = "auto" | "websocket" | "sse";

/** Options of `subscribe`. */
export interface SubscribeOptions<TMessage> {
  /** Called with each message, in order; the next call waits for the returned promise. The stream delivers the messages, too. */
  onMessage?: ((message: TMessage) => void | Promise<void>) | undefined;
  /**
   * Called with errors that do not end the subscription, for example a message that does not match its topic's schema, and with what
   * another callback throws.
   *
   * @default {console.warn}
   */
  onError?: ((error: RealtimeError) => void) | undefined;
  /**
   * Called when messages are lost.
   *
   * @default {console.warn}
   */
  onGap?: ((gap: Gap) => void) | undefined;
  /** Called when the subscription's state changes; with the error if it failed. */
  onState?: ((state: ReaderState, error?: RealtimeError) => void) | undefined;
  /**
   * The start of the subscription.
   *
   * @default {the token's `from`, else "live"}
   */
  from?: From | undefined;
  /** Closes the subscription. */
  signal?: AbortSignal | undefined;
  /**
   * Whether messages are validated by their topics' schemas, if these are known.
   *
   * @default {true}
   */
  validate?: boolean | undefined;
  /**
   * The limit of unread messages, in characters of JSON. A subscription at the limit pauses. When half of the unread messages are read, it
   * resumes and gets the missed messages from the gateway's log.
   *
   * @default {8388608}
   */
  maxUnread?: number | undefined;
  /**
   * Whether the subscription may share a connection with others. A connection can have 128 subscriptions and 128 topics; a subscription to
   * more is refused with `too_many` and needs its own connection.
   *
   * @default {true}
   */
  multiplex?: boolean | undefined;
  /**
   * The gateway's base URL. Tokens of Inngest's SDKs have none.
   *
   * @default {the token's apiBaseUrl}
   */
  url?: string | undefined;
  /**
   * The transport.
   *
   * @default {"auto"}
   */
  transport?: TransportChoice | undefined;
}

/** The target of a subscription on a server, which makes the token itself. */
export interface SubscribeTarget<TChannel, TTopics> {
  /** The client that makes the token: an app made by `createRealtime`, or an Inngest client. */
  readonly app: RealtimeApp;
  /** The channel, or its name. */
  readonly channel: TChannel;
  /** The names of the topics. */
  readonly topics: TTopics;
  /**
   * Topics to which the subscription may publish and whose data streams it may stop, as in `TokenOptions`.
   *
   * @default {none}
   */
  readonly publish?:
    | TokenOptions<Extract<TChannel, string | Channel>>[
      "publish"
    ]
    | undefined;
}

/** The type of `subscribe`. */
export interface SubscribeFn {
  /** Subscribes with a token in any form, best with a function, which is called whenever a token is needed. */
  <const TToken extends Token>(
    token: TokenInput<TToken>,
    options?: Subscribe.Callback<TToken> | Subscribe.Options<TToken>,
  ): Promise<Subscribe.StreamSubscription<TToken>>;

  /** Subscribes on a server, which makes the token itself. */
  <
    const TChannel extends string | Channel,
    const TTopics extends readonly Channel.TopicName<TChannel>[],
  >(
    target: Subscribe.Target<TChannel, TTopics>,
    options?:
      | Subscribe.Callback<Token<TChannel, Mutable<TTopics>>>
      | Subscribe.Options<Token<TChannel, Mutable<TTopics>>>,
  ): Promise<
    Subscribe.StreamSubscription<Token<TChannel, Mutable<TTopics>>>
  >;
}

/** Types around a subscription. */
export declare namespace Subscribe {
  export { type From, type Gap, type SubscribeTarget as Target, type Token };

  /** The channel's name for a definition; any other type as it is. */
  export type InferChannelInput<T> = T extends Channel.Definition
    ? Channel.InferId<T>
    : T;

  /** A subscription: a stream and async iterable of the messages, with further methods. */
  export type StreamSubscription<
    TToken extends Token = Token,
    TData = Token.InferMessage<TToken>,
  > =
    & ReadableStream<TData>
    & SubscriptionControls<TData>
    & SubscriptionSenders<Token.InferTopics<TToken>>;

  /** A function that is called with each message. */
  export type Callback<TToken extends Token = Token> = (
    message: Token.InferMessage<TToken>,
  ) => void | Promise<void>;

  /** Options of `subscribe`. */
  export type Options<TToken extends Token = Token> = SubscribeOptions<
    Token.InferMessage<TToken>
  >;
}
