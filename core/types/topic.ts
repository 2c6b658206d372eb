import type {
  SchemaInput,
  SchemaOutput,
  StandardSchema,
} from "./standard_schema.ts";
import type { Streamed, StreamFunction } from "./stream.ts";
import type { Untyped } from "./utility.ts";

/** Names that no topic of a channel can have: the channel's own properties, and names with a meaning for promises, JSON or prototypes. */
export type ReservedTopicName =
  | "name"
  | "topics"
  | "then"
  | "toJSON"
  | "__proto__";

/** A topic as `topic()` defines it: its name, and the type or schema of its data. */
export interface TopicDefinition<
  TTopicId extends string = string,
  TPublish = Untyped,
  TSubscribe = TPublish,
  TReply = unknown,
> {
  /** The topic's name. */
  readonly name: TTopicId;

  /** Returns the same topic for data of this type. Nothing is checked at run time. */
  type<TNewPublish, TNewSubscribe = TNewPublish>(): TopicDefinition<
    TTopicId,
    TNewPublish,
    TNewSubscribe,
    TReply
  >;

  /**
   * Returns the same topic for data of this schema. Publishers and subscribers validate by it: apps publish the schema's input, and
   * subscribers receive its output.
   */
  readonly schema: TopicSchema<TTopicId, TPublish, TSubscribe, TReply>;

  /** Returns the same topic, whose messages are questions; they are answered in another topic of the same channel. */
  reply<TAnswer extends TopicDefinition>(
    answer: TAnswer,
  ): TopicDefinition<TTopicId, TPublish, TSubscribe, TAnswer>;

  /** Returns the schema, if the topic has one. */
  getSchema(): StandardSchema | undefined;

  /** Returns the topic of the answers, if the messages are questions. */
  getReply(): TopicDefinition | undefined;

  /** Holds the types of what is published, what is received, and the topic of the answers. It has no value at run time. */
  readonly "~types"?: {
    readonly publish: TPublish;
    readonly subscribe: TSubscribe;
    readonly reply: TReply;
  };
}

/**
 * The function that returns a topic for data of a schema. It is itself the schema of the topic's data, where topics of Inngest's version 4
 * have theirs, so that its SDK can subscribe to the topic.
 */
export interface TopicSchema<
  TTopicId extends string,
  TPublish,
  TSubscribe,
  TReply,
> extends StandardSchema<TPublish, TSubscribe> {
  /** Returns the same topic for data of another schema. */
  <TSchema extends StandardSchema>(schema: TSchema): TopicDefinition<
    TTopicId,
    SchemaInput<TSchema>,
    SchemaOutput<TSchema>,
    TReply
  >;
}

/** Definitions of topics, by their names. */
export type Topics = Readonly<Record<string, TopicDefinition>>;

/**
 * A topic of a channel. Call it with data to make a message for `publish(message)`, or pass the topic itself to `publish(topic, data)`.
 */
export interface Topic<
  TChannelId extends string = string,
  TTopic extends TopicDefinition = Untyped,
> extends Topic.Ref<Topic.InferPublish<TTopic>> {
  // The first overload fits nearly every call, so that the type checker tries no other.
  /** Makes a message. `publish` validates the data by the topic's schema. */
  (
    data: Topic.InferPublish<TTopic>,
  ): Promise<
    MessageInput<TChannelId, TTopic["name"], Topic.InferPublish<TTopic>>
  >;

  /** Makes a data stream to publish. `publish` validates each chunk. */
  (
    data: Streamed<Topic.InferPublish<TTopic>>,
  ): Promise<
    MessageInput<
      TChannelId,
      TTopic["name"],
      Streamed<Topic.InferPublish<TTopic>>
    >
  >;

  /** Makes a data stream that subscribers can stop. The function starts it, and learns from its signal that it was stopped. */
  (
    data: StreamFunction<Topic.InferPublish<TTopic>>,
  ): Promise<
    MessageInput<
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

/** A message to publish: the result of calling a topic, or an object written by hand. */
export type MessageInput<
  TChannelId extends string = string,
  TTopicId extends string = string,
  TData = Untyped,
> = {
  /** The channel's name. */
  channel: TChannelId;
  /** The topic's name. */
  topic: TTopicId;
  /** Any JSON value, or a stream of JSON values, which is published as a data stream. */
  data: TData;
  /** If the message is a question: the topic of the same channel for its answers. */
  replyTopic?: string | undefined;
};

/** Types around a topic. */
export declare namespace Topic {
  /** A topic by its name. */
  type Like = { name: string };

  /** A topic as `topic()` defines it: its name, and the type or schema of its data. */
  type Definition<
    TTopicId extends string = string,
    TPublish = Untyped,
    TSubscribe = TPublish,
    TReply = unknown,
  > = TopicDefinition<TTopicId, TPublish, TSubscribe, TReply>;

  /** A reference to a topic of a channel, with the type of its data. The topics of Inngest version 4 are references, too. */
  interface Ref<TData = Untyped> {
    /** The channel's name. */
    readonly channel: string;
    /** The topic's name. */
    readonly topic: string;
    /** The schema, in the place where Inngest's topics have it. It is absent at run time if the topic has none. */
    readonly config: { readonly schema: StandardSchema };
    /** The topic of the answers, if the messages are questions. */
    readonly reply?: Definition | undefined;
    /** Holds the type of the data. It has no value at run time. */
    readonly "~data"?: TData;
  }

  /** The name of a topic. */
  type InferId<TTopic extends Definition> = TTopic["name"];

  /** The type of the data that apps publish to a topic. */
  type InferPublish<TTopic extends Definition> = NonNullable<
    TTopic["~types"]
  >["publish"];

  /** The type of the data that subscribers of a topic receive. */
  type InferSubscribe<TTopic extends Definition> = NonNullable<
    TTopic["~types"]
  >["subscribe"];

  /** The topic of a topic's answers; `never` if its messages are no questions. */
  type InferReply<TTopic extends Definition> =
    NonNullable<TTopic["~types"]>["reply"] extends
      infer TReply extends Definition ? TReply : never;

  /** Refuses a reserved name: the type that a topic must also match so that a channel accepts it. */
  type Allowed<TTopicId extends string> = TTopicId extends ReservedTopicName
    ? { readonly name: `"${TTopicId}" can't be the name of a topic` }
    : unknown;

  /** The type of the function `topic`. */
  type Builder = <const TTopicId extends string>(
    name: TTopicId,
  ) => Definition<TTopicId>;
}
