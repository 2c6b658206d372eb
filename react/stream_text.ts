import { RealtimeError } from "../core/protocol/errors.ts";
import { errorOf } from "../core/protocol/error_body.ts";
import type { StreamPlace } from "../core/types/stream.ts";
import type { AnyMessage } from "./snapshot.ts";

/** The newest data stream of a topic. */
export interface StreamText extends StreamPlace {
  readonly text: string;
  readonly isDone: boolean;
  /** Whether a reader ended it. */
  readonly isStopped: boolean;
  readonly error: Error | null;
}

/** Adds a message to the text of the newest stream. */
export function foldStream(
  known: StreamText | undefined,
  message: AnyMessage | undefined,
): StreamText | undefined {
  if (!message) {
    // What is lost may be a part of the stream, unless that has ended.
    return known && !known.isDone ? { ...known, error: partLost() } : known;
  }
  const { channel, topic, kind, data, streamId, metadata } = message;
  if (streamId === undefined) return known;
  const isKnown = known?.streamId === streamId;
  // It ended for its readers, whatever its producer still sent.
  if (isKnown && known.isDone) return known;
  const { text, error } = isKnown ? known : {
    text: "",
    error: kind === "datastream-start" ? null : partLost(),
  };
  const isEnd = kind === "datastream-end";
  const { error: failure, stopped } = Object(isEnd ? metadata : undefined);
  return {
    channel,
    topic,
    streamId,
    text: kind === "chunk"
      ? text + (typeof data === "string" ? data : JSON.stringify(data))
      : text,
    isDone: isEnd,
    isStopped: stopped === true,
    error: failure?.code ? errorOf(failure) : error,
  };
}

function partLost(): RealtimeError {
  return new RealtimeError("unavailable", "A part of the stream is lost");
}
