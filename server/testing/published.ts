import type { MessageFrame } from "../../core/protocol/frames.ts";
import { LEASE_TOPIC } from "../streams/stream_message.ts";

/** A message, as far as a test wants to compare it. */
export interface PublishedMessage {
  /** The topic's name. */
  readonly topic: string;
  /** What was published. Of a data stream: its text; a list of its pieces if they are no strings. */
  readonly data: unknown;
  /** What sort of message it is, if it isn't plain data: `run`, `step` or `event`. */
  readonly kind?: "run" | "step" | "event";
  /** Why a data stream failed, if it did. */
  readonly error?: string;
  /** Of a data stream that has not ended: `true`. */
  readonly isOpen?: true;
  /** Of a data stream that a reader stopped: `true`. */
  readonly isStopped?: true;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What was published, of the frames in a log: a data stream becomes one message, in the place where it began. */
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
        const { error, stopped } = Object(metadata);
        const { message } = Object(error);
        if (stream && message) stream.error = String(message);
        if (stream && stopped === true) stream.isStopped = true;
        break;
      }
      case "data":
        messages.push({ topic, data });
        break;
      default:
        // What keeps a quiet stream open was published by nobody.
        if (topic !== LEASE_TOPIC) messages.push({ topic, data, kind });
    }
  }
  return messages;
}

function joined(before: unknown, piece: unknown): unknown {
  if (typeof before === "string" && typeof piece === "string") {
    return before + piece;
  }
  if (Array.isArray(before)) return [...before, piece];
  return before === "" ? [piece] : [before, piece];
}
