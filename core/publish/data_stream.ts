import type {
  FlushOptions,
  Publication,
  PublishOptions,
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
  type StreamBeginning,
} from "./stream_sender.ts";
import { discardSource } from "./stream_source.ts";

/** How a data stream is published. */
export interface DataStreamOptions extends StreamBeginning {
  /** Called when the stream's start is in the log. */
  readonly onStart: PublishOptions["onStart"];
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
  const lifetime = new StreamLifetime(options.signal, target.action);
  try {
    return await publishDuring(lifetime, target, source, options);
  } finally {
    lifetime.end();
  }
}

async function publishDuring(
  lifetime: StreamLifetime,
  target: PublishTarget,
  source: StreamSource<unknown>,
  options: DataStreamOptions,
): Promise<Publication> {
  const stream = await openStream(target, source, lifetime, options);
  const { ended, streamId } = stream;
  let { id } = stream;

  function started(startId: string): void {
    id = startId;
    void tellStart(options.onStart, { id, streamId });
  }

  if (id !== "") started(id);
  if (ended) discardSource(source, ended);
  const problem = ended ??
    await runStream(target, stream, source, lifetime, options, started);
  return problem?.code === "stream_stopped"
    ? { id, streamId, stopped: true }
    : { id, streamId };
}

/** Sends the start of a stream that may be refused. That of any other stream leaves with its first chunks. */
async function openStream(
  target: PublishTarget,
  source: StreamSource<unknown>,
  { overdue }: StreamLifetime,
  options: DataStreamOptions,
): Promise<OutgoingStream> {
  const { key, otherStreams = "keep" } = options;
  if (key === undefined && otherStreams === "keep") {
    return { streamId: crypto.randomUUID(), id: "" };
  }
  try {
    return await beginStream(target, options, overdue.signal);
  } catch (error) {
    discardSource(source, error);
    throw error;
  }
}

/** Calls a callback of the app, whose failure must not end the stream. */
async function tellStart(
  onStart: PublishOptions["onStart"],
  publication: Publication,
): Promise<void> {
  try {
    await onStart?.(publication);
  } catch (error) {
    console.warn(error);
  }
}

/**
 * Publishes a stream; returns the error if a reader stopped it, and throws any other.
 *
 * @param started Called with the id of its start, unless that is in the log already.
 */
async function runStream(
  target: PublishTarget,
  stream: OutgoingStream,
  source: StreamSource<unknown>,
  lifetime: StreamLifetime,
  { flush = {}, keepPieces = false }: DataStreamOptions,
  started: (id: string) => void,
): Promise<RealtimeError | undefined> {
  const { streamId } = stream;
  const { interrupt, overdue, over } = lifetime;
  const queue = new ChunkQueue(flush);
  if (stream.id === "") queue.add(startLine(streamId));
  const sent = sendStream(target, stream, queue, overdue.signal, started);
  // The source is stopped at once when sending fails, or when the heartbeats find that the stream has ended.
  sent.catch(interrupt);
  keepStream(
    (signal) => postHeartbeat(target, streamId, signal),
    over.signal,
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
