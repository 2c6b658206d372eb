import type { MessageKind } from "../protocol/frames.ts";
import { isId, isText, type JsonObject } from "../protocol/shape.ts";

/** A message as apps receive it, with the names that JavaScript gives the fields of the wire. */
export interface IncomingMessage {
  kind: MessageKind;
  channel: string;
  topic: string;
  id: string;
  /** The data from the wire; after validation, the output of the topic's schema. */
  data: unknown;
  createdAt: Date;
  metadata?: unknown;
  runId?: string;
  fnId?: string;
  fnSlug?: string;
  envId?: string;
  replyTopic?: string;
  replyTo?: string;
  trace?: string;
  /** Every message of a data stream has it, also the first and the last. */
  streamId?: string;
  /** Messages are for all members of a connection. */
  readonly ref?: undefined;
  /** The chunks of the data stream. */
  stream?: ReadableStream<unknown>;
}

const MESSAGE_KINDS: ReadonlySet<string> = new Set<MessageKind>([
  "data",
  "run",
  "step",
  "event",
  "chunk",
  "datastream-start",
  "datastream-end",
]);

/** Tells whether a kind is that of a message. */
export function isMessageKind(kind: string): kind is MessageKind {
  return MESSAGE_KINDS.has(kind);
}

type TextField =
  | "runId"
  | "fnId"
  | "fnSlug"
  | "envId"
  | "replyTopic"
  | "replyTo"
  | "trace"
  | "streamId";

/** The optional fields of the wire that are texts, and their names in messages. */
const TEXT_FIELDS: ReadonlyMap<string, TextField> = new Map([
  ["run_id", "runId"],
  ["fn_id", "fnId"],
  ["fn_slug", "fnSlug"],
  ["env_id", "envId"],
  ["stream_id", "streamId"],
  ["reply_topic", "replyTopic"],
  ["reply_to", "replyTo"],
  ["trace", "trace"],
]);

/** The time that was parsed last. Messages that are published together have the same time. */
let lastTime = "";
let lastMs = NaN;

function parseTime(time: string): number {
  if (time !== lastTime) {
    lastTime = time;
    lastMs = Date.parse(time);
  }
  return lastMs;
}

/**
 * Decodes a message without the fields that this version does not know. Returns `undefined` if a known field has a wrong type, because
 * nothing else in the message can be trusted either.
 */
export function decodeMessage(
  kind: MessageKind,
  frame: JsonObject,
): IncomingMessage | undefined {
  const { channel, topic, data, id, created_at, metadata } = frame;
  if (!isText(channel) || !isText(topic) || !isId(id) || !isText(created_at)) {
    return undefined;
  }
  const createdAt = new Date(parseTime(created_at));
  const message: IncomingMessage = {
    kind,
    channel,
    topic,
    id,
    data,
    createdAt,
  };
  for (const name in frame) {
    const field = TEXT_FIELDS.get(name);
    if (!field) continue;
    const value = frame[name];
    if (!isText(value)) return undefined;
    message[field] = value;
  }
  if (metadata !== undefined) message.metadata = metadata;
  if (isStreamBoundary(kind)) {
    if (!isText(data)) return undefined;
    message.streamId = data;
  }
  const isComplete = data !== undefined && lastMs > 0 &&
    (kind !== "chunk" || message.streamId !== undefined);
  return isComplete ? message : undefined;
}

/** Tells whether a message starts or ends a data stream, so that its data are the stream's id. */
export function isStreamBoundary(kind: MessageKind): boolean {
  return kind === "datastream-start" || kind === "datastream-end";
}
