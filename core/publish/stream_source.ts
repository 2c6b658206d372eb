import { RealtimeError } from "../protocol/errors.ts";
import type { Streamed, StreamSource } from "../types/realtime.ts";

/** Tells whether data is a stream: a `ReadableStream` or another async iterable. */
export function isStream(data: unknown): data is Streamed<unknown> {
  const { getReader, [Symbol.asyncIterator]: iterate } = Object(data);
  return typeof (iterate ?? getReader) === "function";
}

/** Tells whether data is published as a data stream: a stream, or a function that opens one. */
export function isStreamSource(data: unknown): data is StreamSource<unknown> {
  return typeof data === "function" || isStream(data);
}

/**
 * Opens a source.
 *
 * @param signal Passed to a source that is a function; aborts when no more chunks are wanted.
 * @throws {RealtimeError} `invalid_data` if a function does not return a stream.
 */
export async function openStream(
  source: StreamSource<unknown>,
  signal: AbortSignal,
  action: string,
): Promise<Streamed<unknown>> {
  if (typeof source !== "function") return source;
  const stream: unknown = await source(signal);
  if (isStream(stream)) return stream;
  throw new RealtimeError(
    "invalid_data",
    `${action}: the function given as data did not return a stream`,
  );
}

/** Reads a stream chunk by chunk, whichever kind of stream it is. */
export interface ChunkReader {
  /** Reads the next chunk. */
  next(): Promise<IteratorResult<unknown, unknown>>;
  /** Cancels a stream that is not read to its end. It never rejects: the reason for cancelling it is reported already. */
  stop(reason: unknown): Promise<void>;
}

/** Begins to read a stream. */
export function readChunks(stream: Streamed<unknown>): ChunkReader {
  if ("getReader" in stream) {
    const reader = stream.getReader();
    return {
      next: () => reader.read() as Promise<IteratorResult<unknown, unknown>>,
      stop: (reason) => ignoreRejection(reader.cancel(reason)),
    };
  }
  const iterator = stream[Symbol.asyncIterator]();
  return {
    next: () => iterator.next(),
    stop: () => ignoreRejection(iterator.return?.()),
  };
}

/** Cancels a source that is not published at all. */
export function discardSource(
  source: StreamSource<unknown>,
  reason?: unknown,
): void {
  if (typeof source !== "function") void readChunks(source).stop(reason);
}

async function ignoreRejection(
  stopped: Promise<unknown> | undefined,
): Promise<void> {
  await stopped?.then(undefined, () => undefined);
}
