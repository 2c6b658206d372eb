import type { MessageFrame } from "../protocol/frames.ts";
import type { SchemaOutput, StandardSchema } from "./standard_schema.ts";
import type { MessageInput, Topic, TopicDefinition, Topics } from "./topic.ts";
import type { Untyped } from "./utility.ts";

/** The fields that every received message has. */
export interface MessageBase<
  TChannelId extends string,
  TTopicId extends string,
> {
  /** The topic's name. */
  topic: TTopicId;
  /** The channel's name. */
  channel: TChannelId;
  /** The message's position in the channel's log, `<epoch>-<offset>`. Another subscription can start from it. */
  id: string;
  /** The time at which the gateway accepted the message. */
  createdAt: Date;
  /** The run that published the message, a ULID. */
  runId?: string;
  /** The function that published the message, a UUID. */
  fnId?: string;
  /** The readable id of the function that published the message. */
  fnSlug?: string;
  /** The environment of the function that published the message, a UUID. */
  envId?: string;
  /** If the message is a question: the topic for its answers. */
  replyTopic?: string;
  /** If the message is an answer: the id of the question. */
  replyTo?: string;
  /** If the publisher took part in a trace: its place there, a W3C `traceparent`. `traceMessage` continues the trace. */
  trace?: string;
  /** Any JSON value that the publisher attached to the message. */
  metadata?: unknown;
}

/** A message of one topic. */
export interface DataMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageBase<TChannelId, TTopicId> {
  /** The kind of the message. Messages of apps have the kind `data`. */
  kind: "data" | "run" | "step" | "event";
  /** The published data, or the output of the topic's schema. */
  data: TData;
}

/** A chunk of a data stream. */
export interface ChunkMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageBase<TChannelId, TTopicId> {
  /** The kind of the message. */
  kind: "chunk";
  /** The chunk, or the output of the topic's schema for it. */
  data: TData;
  /** The stream's id. */
  streamId: string;
  /** The stream's chunks, from the message on of which you ask for it first. Afterwards all messages of the stream have this object here. */
  stream: ReadableStream<TData>;
}

/** The start or end of a data stream. */
export interface StreamMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageBase<TChannelId, TTopicId> {
  /** The kind of the message. */
  kind: "datastream-start" | "datastream-end";
  /** Not of the topic's type: at run time this is the stream's id, as in `streamId`. */
  data: never;
  /** The stream's id. */
  streamId: string;
  /** The stream's chunks, from the message on of which you ask for it first. Afterwards all messages of the stream have this object here. */
  stream: ReadableStream<TData>;
}

/** A message in its form on the wire. */
export interface RawMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageFrame {
  /** The channel's name. */
  readonly channel: TChannelId;
  /** The topic's name. */
  readonly topic: TTopicId;
  /** The published data. */
  readonly data: TData;
}

/** The type of the data that subscribers of a topic receive, from its definition or its configuration in the form of Inngest's version 4. */
export type ReceivedData<TTopic> = TTopic extends TopicDefinition
  ? Topic.InferSubscribe<TTopic>
  : TTopic extends { readonly schema: infer TSchema extends StandardSchema }
    ? SchemaOutput<TSchema>
  : Untyped;

/** The messages that a subscriber of these topics receives. Tell them apart by `topic` and `kind`. */
export type Message<
  TChannelId extends string = string,
  TTopics extends Readonly<Record<string, unknown>> = Topics,
> = {
  [K in keyof TTopics & string]:
    | DataMessage<TChannelId, K, ReceivedData<TTopics[K]>>
    | ChunkMessage<TChannelId, K, ReceivedData<TTopics[K]>>
    | StreamMessage<TChannelId, K, ReceivedData<TTopics[K]>>;
}[keyof TTopics & string];

/** Types around a message. */
export declare namespace Message {
  export { type MessageInput as Input };

  /** A message in its form on the wire. */
  export type Raw<
    TChannelId extends string = string,
    TTopics extends Readonly<Record<string, unknown>> = Topics,
  > = {
    [K in keyof TTopics & string]: RawMessage<
      TChannelId,
      K,
      ReceivedData<TTopics[K]>
    >;
  }[keyof TTopics & string];
}
