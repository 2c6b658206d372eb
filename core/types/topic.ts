import type {
  SchemaInput,
  SchemaOutput,
  StandardSchema,
} from "./standard_schema.ts";
import type { Realtime } from "./realtime.ts";

/** What `topic()` makes: the name of a topic, and the type or schema of its data. */
export interface TopicDefinition<
  TTopicId extends string,
  TPublish,
  TSubscribe,
  TReply,
> {
  /** The topic's name. */
  readonly name: TTopicId;

  /** The same topic for data of this type. Nothing is checked at run time. */
  type<TNewPublish, TNewSubscribe = TNewPublish>(): TopicDefinition<
    TTopicId,
    TNewPublish,
    TNewSubscribe,
    TReply
  >;

  /**
   * The same topic for data of this schema, by which publishers and subscribers check them. What is published is the schema's
   * input; what it makes of that is what subscribers get.
   */
  schema<TSchema extends StandardSchema>(schema: TSchema): TopicDefinition<
    TTopicId,
    SchemaInput<TSchema>,
    SchemaOutput<TSchema>,
    TReply
  >;

  /** The same topic, of questions that are answered in another topic of the same channel. */
  reply<TAnswer extends Realtime.Topic.Definition>(
    answer: TAnswer,
  ): TopicDefinition<TTopicId, TPublish, TSubscribe, TAnswer>;

  /** The schema, if it has one. */
  getSchema(): StandardSchema | undefined;

  /** The topic of the answers, if its messages are questions. */
  getReply(): Realtime.Topic.Definition | undefined;

  /** For types only: what is published and what is received, and the topic of the answers. */
  readonly "~types"?: {
    readonly publish: TPublish;
    readonly subscribe: TSubscribe;
    readonly reply: TReply;
  };
}
