import { ChunkQueue, type FlushOptions, type QueuedLine } from "./chunk_queue.ts";
import { RealtimeError, type RealtimeErrorCode } from "./errors.ts";
import { encodeJson } from "./json.ts";
import { TextChunks } from "./text_chunks.ts";

/** Anything whose values can be published one after the other. */
export type ChunkSource = ReadableStream<unknown> | AsyncIterable<unknown>;

/** What a data stream needs of the one who publishes it. */
export interface DataStreamTarget {
  readonly channel: string;
  readonly topic: string;
  /** Fields that every message of it carries, as the wire names them. */
  readonly fields: Readonly<Record<string, string>>;
  readonly flush: FlushOptions;
  /** Checks a chunk; rejects with what is wrong with it. Absent where the topic has no schema. */
  readonly validate: ((chunk: unknown) => Promise<unknown>) | undefined;
  readonly signal: AbortSignal | undefined;
  /** Sends lines of NDJSON and gives the answers. It MUST be safe to repeat: each line has its key. */
  send(body: string, signal: AbortSignal): Promise<string>;
}

/** How long the end of an aborted stream may take to be sent. */
const FAREWELL_MS = 2_000;

/** Whether data is to be published as a data stream. */
export function isChunkSource(data: unknown): data is ChunkSource {
  return typeof data === "object" && data !== null &&
    (Symbol.asyncIterator in data || data instanceof ReadableStream);
}

/**
 * Publishes what a source yields as a data stream: its start, its chunks while they come, its end. Text is joined while it waits to be sent.
 *
 * @returns The id of the start.
 * @throws {RealtimeError} What the source failed with, what the gateway refused; the stream then ends with that error.
 */
export async function publishDataStream(
  target: DataStreamTarget,
  source: ChunkSource,
): Promise<string> {
  const { channel, signal } = target;
  const queue = new ChunkQueue(target.flush);
  const streamId = crypto.randomUUID();
  const chunks = readChunks(source);
  const hardStop = new AbortController();
  let farewell: ReturnType<typeof setTimeout> | undefined;
  let fail: (error: unknown) => void = () => {};
  const abort = (): void => {
    farewell = setTimeout(() => hardStop.abort(), FAREWELL_MS);
    fail(
      new RealtimeError(
        "aborted",
        `Cannot publish to "${channel}": it was aborted`,
        { cause: signal?.reason },
      ),
    );
  };
  signal?.addEventListener("abort", abort);

  queue.add({ kind: "datastream-start", data: streamId, size: 64 });
  const sent = sendAll(target, streamId, queue, hardStop.signal);
  // Whoever waits for the source learns at once that sending failed.
  sent.catch((error) => fail(error));
  let problem: RealtimeError | undefined;
  try {
    for (;;) {
      const lines = await new Promise<QueuedLine[] | undefined>(
        (resolve, reject) => {
          fail = reject;
          if (signal?.aborted) abort();
          nextLines(target, chunks, queue).then(resolve, reject);
        },
      );
      if (!lines) break;
      for (const line of lines) queue.add(line);
    }
  } catch (cause) {
    problem = cause instanceof RealtimeError ? cause : new RealtimeError(
      "internal",
      `Cannot publish to "${channel}": its source failed`,
      { cause },
    );
    chunks.stop(problem);
  }
  // Only our own words: the source's may be no business of subscribers.
  const metadata = problem &&
    { error: { code: problem.code, message: problem.message } };
  queue.add({ kind: "datastream-end", data: streamId, size: 64, metadata });
  try {
    const id = await sent;
    if (problem) throw problem;
    return id;
  } catch (error) {
    throw problem ?? error;
  } finally {
    clearTimeout(farewell);
    signal?.removeEventListener("abort", abort);
  }
}
