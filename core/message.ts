import type { ControlFrame, MessageFrame } from "./frame.ts";
import { parseId } from "./id.ts";

function isText(value: unknown): value is string {
  return typeof value === "string";
}

function isId(value: unknown): boolean {
  return parseId(value) !== undefined;
}

function isReadyChannel(value: unknown): boolean {
  const { channel, topics, position } = Object(value);
  return isText(channel) && Array.isArray(topics) && topics.every(isText) &&
    isId(position);
}

function isMessage(frame: Record<string, unknown>): boolean {
  const { kind, data, stream_id } = frame;
  return isText(frame.channel) && isText(frame.topic) && isId(frame.id) &&
    isText(frame.created_at) && Date.parse(frame.created_at) > 0 &&
    "data" in frame &&
    [frame.run_id, frame.fn_id, frame.fn_slug, frame.env_id, stream_id]
      .every((field) => field === undefined || isText(field)) &&
    (kind !== "chunk" || isText(stream_id)) &&
    (!/-/.test(String(kind)) || isText(data));
}

/** What must hold of the fields of each kind. */
const CHECKS: Readonly<
  Record<
    string,
    (
      frame: Record<string, unknown>,
      data: Record<string, unknown>,
    ) => boolean
  >
> = {
  data: isMessage,
  run: isMessage,
  step: isMessage,
  event: isMessage,
  "datastream-start": isMessage,
  chunk: isMessage,
  "datastream-end": isMessage,
  ready: (_, { ticket, ping_interval_ms, channels }) =>
    isText(ticket) && Number(ping_interval_ms) > 0 &&
    Array.isArray(channels) && channels.every(isReadyChannel),
  gap: ({ channel }, { after, before }) =>
    isText(channel) && isId(after) && isId(before),
  ping: () => true,
  closing: (_, { retry_after_ms }) => Number(retry_after_ms) >= 0,
  error: (_, { code, message }) => isText(code) && isText(message),
  ack: ({ ref }, { id }) => isText(ref) && isId(id),
};

/**
 * Reads one object of the wire. Nothing that comes from there is trusted: what is returned has every field that its kind must
 * have, each of its type.
 *
 * @returns `null` for a kind that this version doesn't know, `undefined` for what is no frame.
 */
export function readFrame(
  text: string,
): MessageFrame | ControlFrame | null | undefined {
  let frame;
  try {
    frame = Object(JSON.parse(text));
  } catch {
    return undefined;
  }
  if (!isText(frame.kind)) return undefined;
  if (!Object.hasOwn(CHECKS, frame.kind)) return null;
  return CHECKS[frame.kind]?.(frame, Object(frame.data)) ? frame : undefined;
}

/** The wire's optional fields, and their names in a message. */
const OPTIONAL = [
  ["run_id", "runId"],
  ["fn_id", "fnId"],
  ["fn_slug", "fnSlug"],
  ["env_id", "envId"],
  ["metadata", "metadata"],
] as const;

/**
 * Makes a message for the app. What is absent on the wire is absent there too.
 *
 * @param data The frame's data, as a schema made it.
 */
export function toMessage(
  frame: MessageFrame,
  data: unknown,
): Record<string, unknown> {
  const { kind, channel, topic, id } = frame;
  const createdAt = new Date(frame.created_at);
  const message: Record<string, unknown> = {
    kind,
    channel,
    topic,
    data,
    id,
    createdAt,
  };
  for (const [from, to] of OPTIONAL) {
    if (frame[from] !== undefined) message[to] = frame[from];
  }
  const streamId = kind === "chunk"
    ? frame.stream_id
    : kind.startsWith("datastream")
    ? frame.data
    : undefined;
  if (streamId !== undefined) message.streamId = streamId;
  return message;
}
