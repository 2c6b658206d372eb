import type { MessageFrame } from "../../core/protocol/frames.ts";
import { LEASE_TOPIC } from "../wire/stream_message.ts";

/** A published message, with the parts that a test compares. */
export interface PublishedMessage {
  /** The topic's name. */
  readonly topic: string;
  /** The published data. For a data stream its text, or the list of its chunks if they are not text. */
  readonly data: unknown;
  /** The kind of a message that is not plain data: `run`, `step` or `event`. */
  readonly kind?: "run" | "step" | "event";
  /** The reason why a data stream failed; absent otherwise. */
  readonly error?: string;
  /** `true` for a data stream that has not ended. */
  readonly isOpen?: true;
  /** `true` for a data stream that a reader stopped. */
  readonly isStopped?: true;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Converts the frames of a log: a data stream becomes one message, in the place of its start. */
export function toPublished(
  frames: readonly MessageFrame[],
): PublishedMessage[] {
  const messages: Mutable<PublishedMessage>[] = [];
  const streams = new Map<string, Mutable<PublishedMessage>>();
  for (const { kind, topic, data, stream_id, metadata } of frames) {
    const stream = streams.get(stream_id ?? "");
    switch (kind) {
      case "datastream-start": {
        const started = { topic, data: "", isOpen: true as const };
        streams.set(String(data), started);
        messages.push(started);
        break;
      }
      case "chunk":
        if (stream) stream.data = joined(stream.data, data);
        break;
      case "datastream-end": {
        delete stream?.isOpen;
        const end: { error?: unknown; stopped?: unknown } = Object(metadata);
        const { message }: { message?: unknown } = Object(end.error);
        if (stream && message) stream.error = String(message);
        if (stream && end.stopped === true) stream.isStopped = true;
        break;
      }
      case "data":
        messages.push({ topic, data });
        break;
      default:
        // Signs of life of a quiet stream are not messages of the app.
        if (topic !== LEASE_TOPIC) messages.push({ topic, data, kind });
    }
  }
  return messages;
}

/** Appends a chunk to the data of a stream. */
function joined(before: unknown, chunk: unknown): unknown {
  if (typeof before === "string" && typeof chunk === "string") {
    return before + chunk;
  }
  if (Array.isArray(before)) return [...before, chunk];
  return before === "" ? [chunk] : [before, chunk];
}
