import type { MessageFrame, MessageKind } from "../protocol/frames.ts";

/** What is published: what calling a topic makes, or an object written by hand. */
export type MessageInput<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> = {
  /** The channel's name. */
  channel: TChannelId;
  /** The topic's name. */
  topic: TTopicId;
  /** Any JSON value; or a stream of them, which becomes a data stream. */
  data: TData;
  /** The topic of the same channel in which the message is to be answered; absent where it is no question. */
  replyTopic?: string;
};

/** What every message has. */
export interface MessageBase<
  TChannelId extends string,
  TTopicId extends string,
> {
  /** The topic's name. */
  topic: TTopicId;
  /** The channel's name. */
  channel: TChannelId;
  /** Its place in the channel's log, `<epoch>-<offset>`: where another subscription can begin. */
  id: string;
  /** When the gateway took it. */
  createdAt: Date;
  /** The run that published it, a ULID. */
  runId?: string;
  /** The function that published it, a UUID. */
  fnId?: string;
  /** The readable id of the function that published it. */
  fnSlug?: string;
  /** The environment it was published in, a UUID. */
  envId?: string;
  /** Of a question: the topic in which it is to be answered. */
  replyTopic?: string;
  /** Of an answer: the id of the question. */
  replyTo?: string;
  /** What the publisher sent besides. */
  metadata?: unknown;
}

/** A message of one topic. */
export interface DataMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageBase<TChannelId, TTopicId> {
  /** What sort of message it is: what apps publish is `data`. */
  kind: "data" | "run" | "step" | "event";
  /** What was published, as the topic's schema made it. */
  data: TData;
}

/** A piece of a data stream. */
export interface ChunkMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageBase<TChannelId, TTopicId> {
  /** What sort of message it is. */
  kind: "chunk";
  /** The piece, as the topic's schema made it. */
  data: TData;
  /** The stream's id. */
  streamId: string;
  /** The whole stream: the same object in all of its messages. */
  stream: ReadableStream<TData>;
}

/** The start or end of a data stream. */
export interface StreamMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageBase<TChannelId, TTopicId> {
  /** What sort of message it is. */
  kind: "datastream-start" | "datastream-end";
  /** Nothing of the topic's type. (At run time the stream's id stands here, as on the wire; `streamId` has it too.) */
  data: never;
  /** The stream's id. */
  streamId: string;
  /** The whole stream: the same object in all of its messages. */
  stream: ReadableStream<TData>;
}

/** A message as it stands on the wire. */
export interface RawMessage<
  TChannelId extends string,
  TTopicId extends string,
  TData,
> extends MessageFrame {
  /** What sort of message it is. */
  readonly kind: MessageKind;
  /** The channel's name. */
  readonly channel: TChannelId;
  /** The topic's name. */
  readonly topic: TTopicId;
  /** What was published. */
  readonly data: TData;
}
