import type {
  SchemaInput,
  SchemaOutput,
  StandardSchema,
} from "./standard_schema.ts";
import type { Topic, TopicDefinition, Topics } from "./topic.ts";
import type { Untyped } from "./utility.ts";

/** The topics of a channel in the form of Inngest's version 4. */
export type TopicSchemas = Readonly<
  Record<string, { readonly schema: StandardSchema }>
>;

/** Stands for topics that are still to be added. */
export type NoSchemas = Readonly<
  Record<string, { readonly schema: StandardSchema<Untyped> }>
>;

/** The topic definitions that schemas in the form of Inngest's version 4 become. */
export type TopicsOf<TSchemas extends TopicSchemas> = {
  readonly [K in keyof TSchemas & string]: TopicDefinition<
    K,
    SchemaInput<TSchemas[K]["schema"]>,
    SchemaOutput<TSchemas[K]["schema"]>
  >;
};

/** A channel: its name, its topics, and each topic again as a function that makes a message for `publish`. */
export type Channel<
  TChannelId extends string = string,
  TTopics extends Topics = Topics,
> =
  & {
    /** The channel's name. */
    readonly name: TChannelId;
    /** The definitions of its topics. */
    readonly topics: TTopics;
    /** Distinguishes a channel from its definition. It has no value at run time. */
    readonly "~is"?: "channel";
  }
  & {
    readonly [K in keyof TTopics as string extends K ? never : K]: Topic<
      TChannelId,
      TTopics[K]
    >;
  };

/** Types around a channel. */
export declare namespace Channel {
  /** A channel by its name, and the names of some topics. */
  type Like = { channel: string; topics: string[] };

  /** The name of a channel. */
  type InferId<TChannel> = TChannel extends string ? TChannel
    : TChannel extends (...args: never) => { readonly name: infer TId }
      ? TId & string
    : TChannel extends { readonly name: infer TId } ? TId & string
    : string;

  /** A channel of this package or of an Inngest SDK, or its name. */
  type Input = string | {
    /** The channel's name. */
    readonly name: string;
    /** Its topics, by their names. */
    readonly topics: Readonly<Record<string, unknown>>;
    /** Distinguishes a channel from its definition. */
    readonly "~is"?: "channel";
  };

  /**
   * The definitions of a channel's topics, by their names; any topics if the channel is only a name, or of a type without topics. The
   * topics of `@inngest/realtime` are untyped.
   */
  type InferTopics<TChannel> = TChannel extends
    { readonly topics: infer TTopics }
    ? [keyof TTopics] extends [never] ? Topics
    : TTopics extends Topics ? TTopics
    : TTopics extends TopicSchemas ? TopicsOf<TTopics>
    : { readonly [K in keyof TTopics & string]: TopicDefinition<K> }
    : Topics;

  /** The names of a channel's topics. */
  type TopicName<TChannel> = keyof InferTopics<TChannel> & string;

  /** The type of a channel that is given as a channel or by its name. */
  type AsChannel<T extends Channel | string> = T extends string ? Channel<T>
    : T;

  /** A channel as `channel()` defines it. Call it with the arguments of the name's function to get a channel. */
  interface Definition<
    TBuilder extends BuilderFn = BuilderFn,
    TTopics extends Topics = Topics,
  > {
    /** Returns the channel for these arguments. */
    (
      ...args: Parameters<TBuilder>
    ): Channel<ReturnType<TBuilder>, TTopics>;

    /**
     * Returns a definition with one more topic, or with another topic of the same name. The topic of a question brings the topic of its
     * answers along. The original definition does not change.
     *
     * @throws {RealtimeError} `invalid_name` for a name that the channel needs itself: `name`, `topics`, `then`, `toJSON`, `__proto__`.
     */
    addTopic<TTopic extends TopicDefinition>(
      topic: TTopic & Topic.Allowed<TTopic["name"]>,
    ): Definition<TBuilder, AddTopic<TTopics, TTopic>>;

    /** The definitions of its topics. */
    readonly topics: TTopics;

    /** Distinguishes a definition from a channel. It has no value at run time. */
    readonly "~is"?: "definition";
  }

  /** Types around a channel's definition. */
  namespace Definition {
    /** The name of a definition's channels. */
    type InferId<T extends Definition> = Channel.InferId<T>;

    /** The definitions of a definition's topics. */
    type InferTopics<T extends Definition> = Channel.InferTopics<T>;

    /** The type of the channels that a definition makes. */
    type AsChannel<T extends Definition | Channel> = T extends Definition
      ? Channel<Channel.InferId<T>, Channel.InferTopics<T>>
      : T;
  }

  /** A channel's topics with one more, and with the topic of its answers if it has one. */
  type AddTopic<TTopics extends Topics, TTopic extends TopicDefinition> =
    [Topic.InferReply<TTopic>] extends [never] ? AddOne<TTopics, TTopic>
      : AddOne<AddOne<TTopics, Topic.InferReply<TTopic>>, TTopic>;

  /** A channel's topics with one more. */
  type AddOne<TTopics extends Topics, TTopic extends TopicDefinition> =
    string extends keyof TTopics ? { readonly [K in TTopic["name"]]: TTopic }
      : {
        readonly [K in keyof TTopics | TTopic["name"]]: K extends TTopic["name"]
          ? TTopic
          : TTopics[K];
      };

  /** A function that returns a channel's name. */
  type BuilderFn<TChannelId extends string = string> = (
    ...args: never
  ) => TChannelId;

  /** The type of the function `channel`. */
  interface Builder {
    /**
     * Defines channels whose names a function returns, also in the form of Inngest's version 4.
     *
     * @param name Returns the name: 1 to 255 bytes, no control characters.
     * @throws {RealtimeError} `invalid_name` for a topic called `name`, `topics`, `then`, `toJSON` or `__proto__`.
     */
    // The two forms have one signature: the type of a function is inferred by the first signature, and must keep the parts of its template.
    <
      TArgs extends unknown[],
      const TId extends string,
      const TSchemas extends TopicSchemas = NoSchemas,
    >(
      name: ((...args: TArgs) => TId) | {
        readonly name: (...args: TArgs) => TId;
        readonly topics: TSchemas;
      },
    ): Definition<(...args: TArgs) => TId, TopicsOf<TSchemas>>;

    /**
     * Defines a channel of one name.
     *
     * @param name The name: 1 to 255 bytes, no control characters.
     * @throws {RealtimeError} `invalid_name`.
     */
    <const TId extends string>(name: TId): Definition<() => TId>;

    /**
     * Makes a channel, in the form of Inngest's version 4.
     *
     * @throws {RealtimeError} `invalid_name`, also for the name of a topic.
     */
    <const TId extends string, const TSchemas extends TopicSchemas>(
      options: { readonly name: TId; readonly topics: TSchemas },
    ): Channel<TId, TopicsOf<TSchemas>>;
  }
}
