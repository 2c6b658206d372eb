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
  const known = streams.get(topic);
  const { text, isDone, error } = known?.id === streamId
    ? known
    : { text: "", isDone: false, error: null };
  const failure = Object(metadata).error;
  streams.set(topic, {
    id: streamId,
    text: kind === "chunk"
      ? text + (typeof data === "string" ? data : JSON.stringify(data))
      : text,
    isDone: isDone || kind === "datastream-end",
    error: kind === "datastream-end" && failure?.code
      ? errorOf(failure)
      : error,
  });
}
