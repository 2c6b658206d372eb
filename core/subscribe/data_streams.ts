import { errorOf } from "../protocol/error_body.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { isJsonObject } from "../protocol/shape.ts";
import { type BoundedStream, createBoundedStream } from "./bounded_stream.ts";
import type { IncomingMessage } from "./decode_message.ts";

/** The data streams that are under way in a reader's messages, by their ids. */
export type DataStreams = Map<string, BoundedStream<unknown>>;

/**
 * Adds a message to its data stream: starts the stream, adds a chunk, or ends it.
 *
 * @param message A message with the data as they are after validation.
 * @param limit The limit of the stream's unread chunks, in characters of JSON.
 * @returns The whole stream.
 */
export function addToStream(
  streams: DataStreams,
  streamId: string,
  { kind, data, metadata }: IncomingMessage,
  size: number,
  limit: number,
): ReadableStream<unknown> {
  const target = streams.get(streamId) ?? createBoundedStream<unknown>(limit);
  streams.set(streamId, target);
  if (kind === "chunk") target.push(data, size);
  if (kind === "datastream-end") {
    target.end(failureOf(metadata));
    streams.delete(streamId);
  }
  return target.stream;
}

/** Returns the error with which a data stream failed, if it did. */
function failureOf(metadata: unknown): RealtimeError | undefined {
  const error = isJsonObject(metadata) ? metadata.error : undefined;
  return error ? errorOf(error) : undefined;
}
