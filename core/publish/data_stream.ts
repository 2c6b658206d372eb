import type {
  FlushOptions,
  Publication,
  StreamSource,
} from "../types/realtime.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { PublishTarget } from "./publish_target.ts";
import { ChunkQueue } from "./chunk_queue.ts";
import { postHeartbeat } from "./publish_requests.ts";
import { pumpSource } from "./pump_source.ts";
import { keepStream } from "./stream_lease.ts";
import { StreamLifetime } from "./stream_lifetime.ts";
import {
  beginStream,
  endLine,
  type OutgoingStream,
  sendStream,
  startLine,
} from "./stream_sender.ts";
import { discardSource } from "./stream_source.ts";

/** How a data stream is published. */
export interface DataStreamOptions {
  /** The idempotency key: publishing the stream again with the same key sends nothing. */
  readonly key: string | undefined;
  /** How long the gateway remembers the key, in seconds. */
  readonly keyTtl: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly flush: FlushOptions | undefined;
  /** Whether each piece matches a schema, so that text must not be joined. */
  readonly keepPieces: boolean | undefined;
}

/**
 * Publishes the chunks of a source as a data stream: its start, its chunks as they come, its end. Text that waits to be sent is joined.
 *
 * @returns The ids of the start and of the stream, and whether a reader stopped it.
 * @throws {RealtimeError} The failure of the source, or the gateway's refusal; the stream then ends with that error.
 */
export async function publishDataStream(
  target: PublishTarget,
  source: StreamSource<unknown>,
  options: DataStreamOptions,
): Promise<Publication> {
  const { key, keyTtl, signal } = options;
  const lifetime = new StreamLifetime(signal, target.action);
  try {
    const stream: OutgoingStream = key === undefined
      ? { streamId: crypto.randomUUID(), id: "" }
      : await beginStream(target, key, keyTtl, lifetime.overdue.signal);
    const { ended } = stream;
    if (ended) discardSource(source, ended);
    const problem = ended ??
      await runStream(target, stream, source, lifetime, options);
    const { id, streamId } = stream;
    return problem?.code === "stream_stopped"
      ? { id, streamId, stopped: true }
      : { id, streamId };
  } finally {
    lifetime.end();
  }
}

/** Publishes a stream; returns the error if a reader stopped it, and throws any other. */
async function runStream(
  target: PublishTarget,
  stream: OutgoingStream,
  source: StreamSource<unknown>,
  lifetime: StreamLifetime,
  { flush = {}, keepPieces = false }: DataStreamOptions,
): Promise<RealtimeError | undefined> {
  const { streamId } = stream;
  const { interrupt, overdue, unwanted } = lifetime;
  const queue = new ChunkQueue(flush);
  if (stream.id === "") queue.add(startLine(streamId));
  const sent = sendStream(target, stream, queue, overdue.signal);
  // The source is stopped at once when sending fails, or when the heartbeats find that the stream has ended.
  sent.catch(interrupt);
  keepStream(
    (signal) => postHeartbeat(target, streamId, signal),
    unwanted.signal,
  ).catch(interrupt);

  const { action } = target;
  let problem = await pumpSource(source, queue, lifetime, action, keepPieces);
  queue.end(endLine(streamId, problem));
  try {
    await sent;
  } catch (error) {
    problem ??= error as RealtimeError;
  }
  if (problem && problem.code !== "stream_stopped") throw problem;
  return problem;
}
