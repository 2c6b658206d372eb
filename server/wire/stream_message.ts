import type { MessageKind } from "../../core/protocol/frames.ts";
import type { Envelope } from "./envelope.ts";

/** The kinds of a data stream's messages. */
export type StreamKind = "datastream-start" | "chunk" | "datastream-end";

/** The envelope of a data stream's message. */
export type StreamEnvelope = Omit<Envelope, "streamId" | "kind"> & {
  readonly kind: StreamKind;
  readonly streamId: string;
};

/** The topic of the messages that keep a quiet stream open. Clients don't need it. */
export const LEASE_TOPIC = "$lease";

/** The topic of bytes that are passed on as they are: its chunks begin and end no stream. */
export const TEE_TOPIC = "$stream";

/** Tells whether a message of this kind belongs to a data stream. */
export function isStreamKind(kind: MessageKind): kind is StreamKind {
  return kind === "datastream-start" || kind === "chunk" ||
    kind === "datastream-end";
}

/** Tells whether a message with a stream's id shows the state of the stream; messages of other kinds may carry the id too. */
export function showsState(kind: MessageKind, topic: string): boolean {
  return topic === LEASE_TOPIC || isStreamKind(kind) && topic !== TEE_TOPIC;
}

/** Returns the producer that the start of a stream names; `undefined` for other messages. */
export function producerOf(
  kind: MessageKind,
  json: string,
): string | undefined {
  return kind === "datastream-start" ? JSON.parse(json).producer : undefined;
}

/** Returns the topic of the stream that a message shows the state of. */
export function streamTopicOf(topic: string, json: string): string {
  if (topic !== LEASE_TOPIC) return topic;
  const { data }: { data?: unknown } = JSON.parse(json);
  return String(data);
}
