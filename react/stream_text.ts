import { RealtimeError } from "../core/protocol/errors.ts";
import { errorOf } from "../core/protocol/error_body.ts";
import type { StreamPlace } from "../core/types/stream.ts";
import type { AnyMessage } from "./view_state.ts";

/** The text of a topic's newest data stream. */
export interface StreamText extends StreamPlace {
  readonly text: string;
  readonly isDone: boolean;
  /** Whether a reader stopped it. */
  readonly isStopped: boolean;
  readonly error: Error | null;
}

/** Adds a message to the text of the newest stream. */
export function foldStream(
  known: StreamText | undefined,
  message: AnyMessage | undefined,
): StreamText | undefined {
  if (!message) {
    // The lost messages may be part of the stream, unless that has ended.
    return known && !known.isDone ? { ...known, error: partLost() } : known;
  }
  const { streamId, kind, data, metadata } = message;
  if (streamId === undefined) return known;
  const isKnown = known?.streamId === streamId;
  // A stream that a reader stopped has ended, although its producer may still have sent chunks.
  if (isKnown && known.isDone) return known;
  const stream = isKnown ? known : newStream(streamId, message);
  if (kind === "chunk") {
    const text = typeof data === "string" ? data : JSON.stringify(data);
    return { ...stream, text: stream.text + text };
  }
  return kind === "datastream-end" ? ended(stream, metadata) : stream;
}

function newStream(
  streamId: string,
  { channel, topic, kind }: AnyMessage,
): StreamText {
  return {
    channel,
    topic,
    streamId,
    text: "",
    isDone: false,
    isStopped: false,
    error: kind === "datastream-start" ? null : partLost(),
  };
}

function ended(stream: StreamText, metadata: unknown): StreamText {
  const { error, stopped } = Object(metadata);
  return {
    ...stream,
    isDone: true,
    isStopped: stopped === true,
    error: Object(error).code ? errorOf(error) : stream.error,
  };
}

function partLost(): RealtimeError {
  return new RealtimeError(
    "unavailable",
    "Cannot show the whole stream: a part of it is lost",
  );
}
