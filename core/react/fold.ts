import { RealtimeError } from "../errors.ts";
import { errorOf } from "../frame.ts";
import type { AnyMessage, RunRecord, StreamText } from "./snapshot.ts";

/** Adds what a message says of a run to what is known of it; another run begins anew. */
export function foldRun(
  known: RunRecord | undefined,
  { runId, data }: AnyMessage,
): RunRecord {
  return {
    ...known?.runId === runId ? known : {},
    ...Object(data),
    runId,
  };
}

/** Adds a message of a data stream to the newest stream of its topic. */
export function foldStream(
  streams: Map<string, StreamText>,
  { kind, topic, data, streamId = "", metadata }: AnyMessage,
): void {
  const last = streams.get(topic);
  const known = last?.id === streamId ? last : {
    text: "",
    isDone: false,
    error: kind === "datastream-start" ? null : partLost(),
  };
  const isEnd = kind === "datastream-end";
  const failure = isEnd && Object(metadata).error;
  streams.set(topic, {
    id: streamId,
    text: kind === "chunk"
      ? known.text + (typeof data === "string" ? data : JSON.stringify(data))
      : known.text,
    isDone: known.isDone || isEnd,
    error: failure?.code ? errorOf(failure) : known.error,
  });
}

/** Messages are lost: the streams that are open may lack a part. */
export function foldGap(streams: Map<string, StreamText>): void {
  for (const [topic, stream] of streams) {
    if (!stream.isDone) streams.set(topic, { ...stream, error: partLost() });
  }
}

function partLost(): RealtimeError {
  return new RealtimeError("unavailable", "A part of the stream is lost");
}
