import type { PublishFn } from "./app.ts";
import type { Channel } from "./channel.ts";
import type {
  ChannelDef,
  ChannelInput,
  ChannelInstance,
  InferTopicData,
  TopicAccessors,
  TopicConfig,
  TopicRef,
  TopicsConfig,
  TypedPublishFn,
} from "./inngest_v4.ts";
import type { Message } from "./message.ts";
import type { Subscribe } from "./subscribe.ts";
import type { Token as SubscribeToken } from "./token.ts";
import type { Topic, Topics } from "./topic.ts";

// At run time `Realtime` is the value of this file. To the type checker it is the namespace below, which takes precedence.
export * from "./realtime_value.ts";
export type * from "./app.ts";
export type * from "./stream.ts";
export type * from "./subscription.ts";
export type * from "./utility.ts";

/**
 * The types of Tidings, under the names that they have in `@inngest/realtime` and in `inngest/realtime`.
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
  export type { Channel, Message, PublishFn, Subscribe, Topic, Topics };
  export type {
    ChannelDef,
    ChannelInput,
    ChannelInstance,
    InferTopicData,
    TopicAccessors,
    TopicConfig,
    TopicRef,
    TopicsConfig,
    TypedPublishFn,
  };

  /** A token for some topics of a channel, given as the channel or as its definition. */
  export type Token<
    TChannel extends Channel | Channel.Definition,
    TTopics extends readonly Channel.TopicName<TChannel>[] = Channel.TopicName<
      TChannel
    >[],
  > = SubscribeToken<TChannel, TTopics>;
}
