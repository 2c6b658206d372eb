import type { Duration } from "../protocol/duration.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { AppLike, TokenOptions } from "./app.ts";
import type { Channel } from "./channel.ts";
import type { ClientToken } from "./inngest_v4.ts";
import type { ReceivedData } from "./message.ts";
import type {
  Gap,
  ReaderState,
  StateDetails,
  SubscriptionControls,
  SubscriptionSenders,
} from "./subscription.ts";
import type { From, SubscriptionToken, Token, TokenInput } from "./token.ts";
import type { Mutable } from "./utility.ts";

/** The transport of a subscription; `auto` is WebSocket, or Server-Sent Events if the network lets no WebSocket through. */
export type TransportChoice = "auto" | "websocket" | "sse";

/** Options of `subscribe`. */
export interface SubscribeOptions<TMessage> {
  /** Called with each message, in order; the next call waits for the returned promise. The stream delivers the messages, too. */
  onMessage?: ((message: TMessage) => void | Promise<void>) | undefined;
  /**
   * Called with errors that do not end the subscription, for example a message that does not match its topic's schema, and with what
   * another callback throws. If the gateway can't be reached, it is called once, after the first failed attempt, with the code
   * `unreachable` and a message that says why; the subscription tries again until it succeeds. Of the subscriptions that share connections,
   * only the first one hears of that, and of any other error that concerns a whole connection; `onState` tells each of them.
   *
   * @default {console.warn}
   */
  onError?: ((error: RealtimeError) => void) | undefined;
  /**
   * Called when messages are lost.
   *
   * @default {a sentence by console.warn}
   */
  onGap?: ((gap: Gap) => void) | undefined;
  /** Called when the subscription's state changes, with the reason and the time of the next attempt. */
  onState?: ((state: ReaderState, details: StateDetails) => void) | undefined;
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
   * resumes and gets the missed messages from the gateway's log. The unread chunks of all data streams together have the same limit.
   *
   * @default {8388608}
   */
  maxUnread?: number | undefined;
  /**
   * Whether the subscription may share connections with others. Where the gateway's limits allow no more on one, another one opens.
   *
   * @default {true}
   */
  multiplex?: boolean | undefined;
  /**
   * The shortest pause before the subscription reconnects.
   *
   * @default {"250ms"}
   */
  reconnectMin?: Duration | undefined;
  /**
   * The longest pause before the subscription reconnects. A gateway that restarts may ask for a longer one.
   *
   * @default {"20s"}
   */
  reconnectMax?: Duration | undefined;
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

/**
 * The target of a subscription: a token, as this package and Inngest's SDKs make them; or, on a server, a channel and topics for which
 * `subscribe` gets the token itself.
 */
export interface SubscribeTarget<
  TChannel,
  TTopics extends readonly string[],
  TDefinitions = Token.Definitions<TChannel>,
> extends Pick<TokenOptions<TChannel>, "publish" | "stop"> {
  /** The channel, or its name. */
  readonly channel: TChannel;
  /** The names of the topics. */
  readonly topics: TTopics;
  /**
   * The JWT.
   *
   * @default {one that `app` gets}
   */
  readonly key?: string | undefined;
  /**
   * The client that gets the token if there is no `key`: an app made by `createRealtime`, or an Inngest client.
   *
   * @default {the gateway at `apiBaseUrl`, else at REALTIME_URL, with the key REALTIME_SIGNING_KEY}
   */
  readonly app?: AppLike | undefined;
  /** The gateway's base URL. */
  readonly apiBaseUrl?: string | undefined;
  /** The start of the subscription, unless the options name another. */
  readonly from?: From | undefined;
  /** The same as the option, for `subscribe` with a single argument. */
  readonly onMessage?:
    | Subscribe.Callback<
      SubscriptionToken<Channel.InferId<TChannel>, TTopics, TDefinitions>
    >
    | undefined;
  /** The same as the option, for `subscribe` with a single argument. */
  readonly onError?: ((error: RealtimeError) => void) | undefined;
  /** The same as the option, for `subscribe` with a single argument. */
  readonly validate?: boolean | undefined;
  /** Holds the definitions of the channel's topics. It has no value at run time. */
  readonly "~topics"?: TDefinitions | undefined;
}

/** The type of `subscribe`. */
export interface SubscribeFn {
  /**
   * Subscribes with a token in any form, best with a function, which is called whenever a token is needed; or, on a server, with a channel
   * and topics.
   */
  // One signature, because the type checker reports the error of a wrong topic or channel at its place only if there is no other.
  <
    TToken extends Token = never,
    const TChannel extends Channel.Input = string,
    const TTopics extends readonly Channel.TopicName<TChannel>[] =
      readonly Channel.TopicName<TChannel>[],
    TDefinitions = Token.Definitions<TChannel>,
  >(
    source: TokenInput<
      NoInfer<TToken> | Subscribe.Target<TChannel, TTopics, TDefinitions>
    >,
    options?:
      | Subscribe.Callback<
        SubscribedToken<TToken, TChannel, TTopics, TDefinitions>
      >
      | Subscribe.Options<
        SubscribedToken<TToken, TChannel, TTopics, TDefinitions>
      >,
  ): Promise<
    Subscribe.StreamSubscription<
      SubscribedToken<TToken, TChannel, TTopics, TDefinitions>
    >
  >;
}

/** The token of a subscription: the one that its type names, else the one of its channel and topics. */
export type SubscribedToken<
  TToken extends Token,
  TChannel,
  TTopics extends readonly string[],
  TDefinitions,
> = [TToken] extends [never]
  ? SubscriptionToken<Channel.InferId<TChannel>, Mutable<TTopics>, TDefinitions>
  : TToken;

/** Types around a subscription. */
export declare namespace Subscribe {
  export {
    type ClientToken,
    type From,
    type Gap,
    type ReceivedData as InferTopicSubscribeData,
    type StateDetails,
    type SubscribeTarget as Target,
    type Token,
  };

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

  /** The methods of a subscription whose messages go to a callback. */
  export type CallbackSubscription = Pick<
    SubscriptionControls<unknown>,
    "close" | "unsubscribe"
  >;

  /** Options of `subscribe`. */
  export type Options<TToken extends Token = Token> = SubscribeOptions<
    Token.InferMessage<TToken>
  >;
}
