/**
 * Types under the names that they have in Inngest's version 4, where these differ from those of `@inngest/realtime`.
 *
 * @module
 */
import type { Publication } from "./app.ts";
import type { Channel, TopicSchemas, TopicsOf } from "./channel.ts";
import type { SchemaInput, StandardSchema } from "./standard_schema.ts";
import type { Topic } from "./topic.ts";

/** A channel, or its name. */
export type ChannelInput = Channel.Input;

/** A channel of a name and of topics with schemas. */
export type ChannelInstance<
  TChannelId extends string = string,
  TSchemas extends TopicSchemas = Record<never, never>,
> = Channel<TChannelId, TopicsOf<TSchemas>>;

/** A definition of channels, whose names a function returns, of topics with schemas. */
export type ChannelDef<
  TBuilder extends Channel.BuilderFn = Channel.BuilderFn,
  TSchemas extends TopicSchemas = TopicSchemas,
> = Channel.Definition<TBuilder, TopicsOf<TSchemas>>;

/** The configuration of a topic. */
export interface TopicConfig {
  /** The schema of the topic's data. */
  readonly schema: StandardSchema;
}

/** The configurations of topics, by their names. */
export type TopicsConfig = TopicSchemas;

/** The type of the data that apps publish to a topic. */
export type InferTopicData<TTopic extends TopicConfig> = SchemaInput<
  TTopic["schema"]
>;

/** A reference to a topic of a channel. */
export type TopicRef<TData = unknown> = Topic.Ref<TData>;

/** References to the topics of a channel, by their names. */
export type TopicAccessors<
  TChannelId extends string,
  TSchemas extends TopicSchemas,
> = {
  [K in keyof TSchemas & string]: TopicRef<InferTopicData<TSchemas[K]>> & {
    readonly channel: TChannelId;
  };
};

/** A function that publishes data to a topic. */
export type TypedPublishFn = <TData>(
  topic: TopicRef<TData>,
  data: TData,
) => Promise<Publication | void>;

/** A token without channel and topics, for a subscriber that knows them. */
export interface ClientToken {
  /** The JWT. */
  readonly key: string;
  /** The gateway's base URL. */
  readonly apiBaseUrl?: string | undefined;
}
