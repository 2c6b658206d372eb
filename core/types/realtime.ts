import type { PublishFn as Publish } from "./app.ts";
import type { channel } from "../channel/channel.ts";
import type * as message from "./message.ts";
import type { StandardSchema } from "./standard_schema.ts";
import type { Streamed, StreamFunction } from "./stream.ts";
import type * as subscribing from "./subscribe.ts";
import type { topic } from "../channel/topic.ts";
import type { TopicDefinition } from "./topic.ts";

export type * from "./app.ts";
export type * from "./stream.ts";

/** What `JSON.parse` gives: the type of data that nobody gave a type. */
export type Untyped = ReturnType<typeof JSON.parse>;

/** A value, or a promise of it. */
export type MaybePromise<T> = T | Promise<T>;

/** Names that a topic of a channel can't have: the channel's own, and those that would make it a promise or no object of JSON. */
export type ReservedTopicName =
  | "name"
  | "topics"
  | "then"
  | "toJSON"
  | "__proto__";

/**
 * The types of Tidings, under the names that they have in `@inngest/realtime`.
 *
 * The value holds nothing. It is there so that `import { Realtime }` without `type` also works where types are only stripped.
 */
export const Realtime: Readonly<Record<never, never>> = /* @__PURE__ */ Object
  .freeze({});

/**
 * The types of Tidings, under the names that they have in `@inngest/realtime`.
 *
 * @example The type of a token, for the function that fetches it
 * ```ts
 * import { channel, Realtime, topic } from "@tidings/realtime";
 *
 * const userChannel = channel((userId: string) => `user:${userId}`)
 *   .addTopic(topic("ai").type<{ response: string }>());
 *
 * export type UserChannelToken = Realtime.Token<typeof userChannel, ["ai"]>;
 * ```
 */
export declare namespace Realtime {
  /** What `publish` is: as a function, a method, or an argument of an Inngest function. */
  type PublishFn = Publish;

  /** A token for some topics of a channel, given as the channel or as its definition. */
  type Token<
    TChannel extends Channel | Channel.Definition,
    TTopics extends readonly Channel.TopicName<TChannel>[] = Channel.TopicName<
      TChannel
    >[],
  > = Subscribe.Token<TChannel, TTopics>;

  /** What a subscriber gets of a channel with these topics. Tell messages apart by `topic` and `kind`. */
  type Message<
    TChannelId extends string = string,
    TTopics extends Topics = Topics,
  > = {
    [K in keyof TTopics & string]:
      | message.DataMessage<TChannelId, K, Topic.InferSubscribe<TTopics[K]>>
      | message.ChunkMessage<TChannelId, K, Topic.InferSubscribe<TTopics[K]>>
      | message.StreamMessage<TChannelId, K, Topic.InferSubscribe<TTopics[K]>>;
  }[keyof TTopics & string];

  /** The types around a message. */
  namespace Message {
    /** What is published: what calling a topic makes, or an object written by hand. */
    type Input<
      TChannelId extends string = string,
      TTopicId extends string = string,
      TData = Untyped,
    > = message.MessageInput<TChannelId, TTopicId, TData>;

    /** A message as it stands on the wire. */
    type Raw<
      TChannelId extends string = string,
      TTopics extends Topics = Topics,
    > = {
      [K in keyof TTopics & string]: message.RawMessage<
        TChannelId,
        K,
        Topic.InferSubscribe<TTopics[K]>
      >;
    }[keyof TTopics & string];
  }

  /** Definitions of topics, by their names. */
  type Topics = Readonly<Record<string, Topic.Definition>>;

  /** A channel: its name, its topics, and each topic again as a function that makes a message for `publish`. */
  type Channel<
    TChannelId extends string = string,
    TTopics extends Topics = Topics,
  > =
    & {
      /** The channel's name. */
      readonly name: TChannelId;
      /** The definitions of its topics. */
      readonly topics: TTopics;
      /** For types only: tells a channel from its definition. */
      readonly "~is"?: "channel";
    }
    & {
      readonly [K in keyof TTopics as string extends K ? never : K]: Topic<
        TChannelId,
        TTopics[K]
      >;
    };

  /** The types around a channel. */
  namespace Channel {
    /** A channel by its name, and the names of some topics. */
    type Like = { channel: string; topics: string[] };

    /** The name of a channel. */
    type InferId<TChannel> = TChannel extends string ? TChannel
      : TChannel extends (...args: never) => { readonly name: infer TId }
        ? TId & string
      : TChannel extends { readonly name: infer TId } ? TId & string
      : string;

    /** The definitions of a channel's topics, by their names; of a channel that is only a name: any. */
    type InferTopics<TChannel> = TChannel extends
      { readonly topics: infer TTopics extends Topics } ? TTopics : Topics;

    /** The names of a channel's topics. */
    type TopicName<TChannel> = keyof InferTopics<TChannel> & string;

    /** The channel, also where it is given by its name. */
    type AsChannel<T extends Channel | string> = T extends string ? Channel<T>
      : T;

    /** What `channel()` makes: call it for a channel, with what the function of its name takes. */
    interface Definition<
      TBuilder extends BuilderFn = BuilderFn,
      TTopics extends Topics = Topics,
    > {
      /** The channel for these arguments. */
      (
        ...args: Parameters<TBuilder>
      ): Channel<ReturnType<TBuilder>, TTopics>;

      /**
       * The definition with one topic more, or another in the place of the one with the same name; a topic of questions brings the topic
       * of its answers along. The definition that it is called on stays as it is.
       *
       * @throws {RealtimeError} `invalid_name` for a name that the channel needs itself: `name`, `topics`, `then`, `toJSON`, `__proto__`.
       */
      addTopic<TTopic extends Topic.Definition>(
        topic: TTopic & Topic.Allowed<TTopic["name"]>,
      ): Definition<TBuilder, AddTopic<TTopics, TTopic>>;

      /** The definitions of its topics. */
      readonly topics: TTopics;

      /** For types only: tells a channel from its definition. */
      readonly "~is"?: "definition";
    }

    /** The types around a channel's definition. */
    namespace Definition {
      /** The name that a definition gives its channels. */
      type InferId<T extends Definition> = Channel.InferId<T>;

      /** The definitions of a definition's topics. */
      type InferTopics<T extends Definition> = Channel.InferTopics<T>;

      /** The channel that a definition makes. */
      type AsChannel<T extends Definition | Channel> = T extends Definition
        ? Channel<Channel.InferId<T>, Channel.InferTopics<T>>
        : T;
    }

    /** A channel's topics, with one more, and with the topic of its answers if it has one. */
    type AddTopic<TTopics extends Topics, TTopic extends Topic.Definition> =
      [Topic.InferReply<TTopic>] extends [never] ? AddOne<TTopics, TTopic>
        : AddOne<AddOne<TTopics, Topic.InferReply<TTopic>>, TTopic>;

    /** A channel's topics, with one more. */
    type AddOne<TTopics extends Topics, TTopic extends Topic.Definition> =
      string extends keyof TTopics ? { readonly [K in TTopic["name"]]: TTopic }
        : {
          readonly [K in keyof TTopics | TTopic["name"]]: K extends
            TTopic["name"] ? TTopic : TTopics[K];
        };

    /** The function that gives a channel its name. */
    type BuilderFn<TChannelId extends string = string> = (
      ...args: never
    ) => TChannelId;

    /** What `channel` is. */
    type Builder = typeof channel;
  }

  /**
   * A topic of a channel. Called with data it checks them and makes the message to publish; not called it is a reference to
   * publish to, as `publish(topic, data)`.
   */
  interface Topic<
    TChannelId extends string = string,
    TTopic extends Topic.Definition = Topic.Definition,
  > extends Topic.Ref<Topic.InferPublish<TTopic>> {
    // First, as it is what nearly every call is: the checker has to look no further.
    /** Makes a message. What publishes it checks the data by the topic's schema. */
    (
      data: Topic.InferPublish<TTopic>,
    ): Promise<
      Message.Input<
        TChannelId,
        TTopic["name"],
        Topic.InferPublish<TTopic>
      >
    >;

    /** Makes the message of a data stream, each piece of which is checked as it comes. */
    (
      data: Streamed<Topic.InferPublish<TTopic>>,
    ): Promise<
      Message.Input<
        TChannelId,
        TTopic["name"],
        Streamed<Topic.InferPublish<TTopic>>
      >
    >;

    /** Makes the message of a data stream that readers can stop: of a function that begins it, and is told by its signal. */
    (
      data: StreamFunction<Topic.InferPublish<TTopic>>,
    ): Promise<
      Message.Input<
        TChannelId,
        TTopic["name"],
        StreamFunction<Topic.InferPublish<TTopic>>
      >
    >;

    /** The channel's name. */
    readonly channel: TChannelId;
    /** The topic's name. */
    readonly topic: TTopic["name"];
  }

  /** The types around a topic. */
  namespace Topic {
    /** A topic by its name. */
    type Like = { name: string };

    /** What `topic()` makes: the name of a topic, and the type or schema of its data. */
    type Definition<
      TTopicId extends string = string,
      TPublish = Untyped,
      TSubscribe = TPublish,
      TReply = unknown,
    > = TopicDefinition<TTopicId, TPublish, TSubscribe, TReply>;

    /** Where to publish, with the type of what is published. Those of Inngest version 4 are ones, too. */
    interface Ref<TData = Untyped> {
      /** The channel's name. */
      readonly channel: string;
      /** The topic's name. */
      readonly topic: string;
      /** What the data are checked by; without a schema where the topic has none, which Inngest's types have no words for. */
      readonly config: { readonly schema: StandardSchema };
      /** The topic of the answers, if its messages are questions. */
      readonly reply?: Definition | undefined;
      /** For types only: what is published. */
      readonly "~data"?: TData;
    }

    /** The name of a topic. */
    type InferId<TTopic extends Definition> = TTopic["name"];

    /** What is published to a topic. */
    type InferPublish<TTopic extends Definition> = NonNullable<
      TTopic["~types"]
    >["publish"];

    /** What subscribers of a topic get. */
    type InferSubscribe<TTopic extends Definition> = NonNullable<
      TTopic["~types"]
    >["subscribe"];

    /** The topic of a topic's answers; `never` where its messages are no questions. */
    type InferReply<TTopic extends Definition> =
      NonNullable<TTopic["~types"]>["reply"] extends
        infer TReply extends Definition ? TReply : never;

    /** What a topic must be too so that a channel takes it: nothing, unless its name is reserved. */
    type Allowed<TTopicId extends string> = TTopicId extends ReservedTopicName
      ? { readonly name: `"${TTopicId}" can't be the name of a topic` }
      : unknown;

    /** What `topic` is. */
    type Builder = typeof topic;
  }

  /** The types around a subscription. */
  namespace Subscribe {
    /** A channel: of a definition, its name. */
    type InferChannelInput<T> = T extends Channel.Definition
      ? Channel.InferId<T>
      : T;

    /** What `subscribe` resolves with: a stream and async iterable of the messages, with what else can be had from it. */
    type StreamSubscription<
      TToken extends Token = Token,
      TData = Token.InferMessage<TToken>,
    > =
      & ReadableStream<TData>
      & subscribing.SubscriptionControls<TData>
      & subscribing.SubscriptionSenders<Token.InferTopics<TToken>>;

    /** What is called with each message. */
    type Callback<TToken extends Token = Token> = (
      message: Token.InferMessage<TToken>,
    ) => void | Promise<void>;

    /** How to subscribe. */
    type Options<TToken extends Token = Token> = subscribing.SubscribeOptions<
      Token.InferMessage<TToken>
    >;

    /** What to subscribe to, on a server. */
    type Target<
      TChannel extends string | Channel,
      TTopics extends readonly string[],
    > = subscribing.SubscribeTarget<TChannel, TTopics>;

    /** Messages that are lost: those between the two ids. */
    type Gap = subscribing.Gap;

    /** Where a subscription starts. */
    type From = subscribing.From;

    /** A token for some topics of a channel, which is given as such or by its name: what is handed to who subscribes. */
    type Token<
      TChannel = string | Channel,
      TTopics extends readonly string[] = readonly string[],
    > = subscribing.SubscriptionToken<
      Channel.InferId<TChannel>,
      TTopics,
      TChannel extends string ? Untyped : Channel.InferTopics<TChannel>
    >;

    /** The types around a token. */
    namespace Token {
      /** The channel that a token is for. */
      type InferChannel<TToken extends Token> = Channel<
        TToken["channel"],
        InferTopics<TToken>
      >;

      /** The definitions of the channel's topics. */
      type InferTopics<TToken extends Token> = TToken extends
        { readonly "~topics"?: infer T }
        ? unknown extends T ? Topics : NonNullable<T>
        : Topics;

      /** The definitions of the token's topics. */
      type InferTopicData<TToken extends Token> = {
        [K in TToken["topics"][number]]: InferTopics<TToken>[K];
      };

      /** What a subscriber with a token gets. */
      type InferMessage<TToken extends Token> = Message<
        TToken["channel"],
        InferTopicData<TToken>
      >;
    }
  }
}
