import type { LogEntry, OpenStream } from "./broker.ts";

/** Updates a channel's open streams with its next message. */
export function followStream(
  streams: Map<string, OpenStream>,
  { kind, streamId, topic, offset }: LogEntry,
): void {
  if (streamId === undefined) return;
  if (kind === "datastream-start") {
    streams.set(streamId, { streamId, topic, offset });
  } else if (kind === "datastream-end") streams.delete(streamId);
}
