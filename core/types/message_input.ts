import type { Untyped } from "./utility.ts";

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
  replyTopic?: string;
};
