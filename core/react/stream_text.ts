import { RealtimeError } from "../errors.ts";
import { errorOf } from "../frame.ts";
import type { AnyMessage } from "./snapshot.ts";

/** The newest data stream of a topic. */
export interface StreamText {
  readonly id: string;
  readonly text: string;
  readonly isDone: boolean;
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
  const { kind, data, streamId, metadata } = message;
  if (streamId === undefined) return known;
  const { text, isDone, error } = known?.id === streamId ? known : {
    text: "",
    isDone: false,
    error: kind === "datastream-start" ? null : partLost(),
  };
  const isEnd = kind === "datastream-end";
  const failure = isEnd && Object(metadata).error;
  return {
    id: streamId,
    text: kind === "chunk"
      ? text + (typeof data === "string" ? data : JSON.stringify(data))
      : text,
    isDone: isDone || isEnd,
    error: failure?.code ? errorOf(failure) : error,
  };
}

function partLost(): RealtimeError {
  return new RealtimeError("unavailable", "A part of the stream is lost");
}
