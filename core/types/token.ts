import type { Channel } from "./channel.ts";
import type { Message } from "./message.ts";
import type { Topics } from "./topic.ts";
import type { MaybePromise, Untyped } from "./utility.ts";

/**
 * The start of a subscription: new messages only, the oldest message that the gateway still has, the newest few of those, or the first
 * message after the one with this id.
 */
export type From =
  | "live"
  | "start"
  | { readonly last: number }
  | (string & Record<never, never>);

/** A token for some topics of a channel, to be handed to a subscriber. */
export interface SubscriptionToken<
  TChannelId extends Channel.Input,
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
  /** The start of subscriptions that name no other. */
  readonly from?: From | undefined;
  /** Holds the definitions of the channel's topics. It has no value at run time. */
  readonly "~topics"?: TDefinitions;
}

/** A token for some topics of a channel, which is given as a channel or by its name. */
export type Token<
  TChannel = string | Channel,
  TTopics extends readonly string[] = readonly string[],
> = SubscriptionToken<
  Channel.InferId<TChannel>,
  TTopics,
  Token.Definitions<TChannel>
>;

/** A token as an app's route or function has it: the token itself, `{ token }`, or a `Response` whose JSON is either. */
export type TokenForm<TToken> =
  | TToken
  | { readonly token: TToken }
  | Response;

/**
 * A token in every form that `subscribe` and the hooks take: a {@linkcode TokenForm}, or a function that returns one and is called whenever
 * a token is needed, such as `() => fetch("/api/realtime-token")`.
 */
export type TokenInput<TToken> =
  | TokenForm<TToken>
  | (() => MaybePromise<TokenForm<TToken>>);

/** Types around a token. */
export declare namespace Token {
  /** A token of this package or of an Inngest SDK, whose tokens may have the channel itself in place of its name. */
  type Like = SubscriptionToken<Channel.Input, readonly string[], Untyped>;

  /** The type that a token of this package or of an Inngest SDK has in this package. */
  type Normalized<TToken> = TToken extends Token ? TToken
    : TToken extends {
      readonly channel: infer TChannel;
      readonly topics: infer TTopics extends readonly string[];
    } ? Token<TChannel, TTopics>
    : Token;

  /** The definitions of the topics of a channel, which are unknown if the channel is only a name. */
  type Definitions<TChannel> = TChannel extends string ? Untyped
    : Channel.InferTopics<TChannel>;

  /** The channel of a token. */
  type InferChannel<TToken extends Token> = Channel<
    TToken["channel"],
    InferTopics<TToken>
  >;

  /** The definitions of all topics of a token's channel. */
  type InferTopics<TToken extends Token> = TToken extends
    { readonly "~topics"?: infer T }
    ? unknown extends T ? Topics : NonNullable<T>
    : Topics;

  /** The definitions of a token's topics. */
  type InferTopicData<TToken extends Token> = {
    [K in TToken["topics"][number]]: InferTopics<TToken>[K];
  };

  /** The messages that a subscriber with a token receives. */
  type InferMessage<TToken extends Token> = Message<
    TToken["channel"],
    InferTopicData<TToken>
  >;
}
