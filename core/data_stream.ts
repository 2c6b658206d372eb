import { type ChunkReader, readChunks } from "./chunk_source.ts";
import { ChunkQueue, type FlushOptions } from "./chunk_queue.ts";
import { RealtimeError } from "./errors.ts";
import { encodeJson } from "./json.ts";
import { sendLines } from "./stream_sender.ts";
import { TextChunks } from "./text_chunks.ts";
import type { Streamed } from "./types.ts";

/** What a data stream needs of the one who publishes it. */
export interface DataStreamTarget {
  readonly channel: string;
  readonly topic: string;
  /** Fields that every message of it carries, as the wire names them. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly flush?: FlushOptions | undefined;
  /** Whether text must not be joined: each piece matches a schema. */
  readonly areWhole?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Checks a chunk's size; throws where it has more than a message may. */
  checkSize(json: string): void;
  /** Sends lines of NDJSON and gives the answers. It MUST be safe to repeat: each line has its key. */
  send(body: string, signal: AbortSignal): Promise<string>;
}

/** How long the end of an aborted stream may take to be sent. */
const FAREWELL_MS = 2_000;

/** Characters that the start and the end count. */
const EDGE_SIZE = 64;

/**
 * Publishes what a source yields as a data stream: its start, its chunks while they come, its end. Text is joined while it waits to be sent.
 *
 * @returns The ids of the start and of the stream.
 * @throws {RealtimeError} What the source failed with, or the gateway refused; the stream then ends with that error.
 */
export async function publishDataStream(
  target: DataStreamTarget,
  source: Streamed<unknown>,
): Promise<{ readonly id: string; readonly streamId: string }> {
  const { channel, signal } = target;
  const streamId = crypto.randomUUID();
  const queue = new ChunkQueue(target.flush ?? {});
  const chunks = readChunks(source);
  const hardStop = new AbortController();
  let farewell: ReturnType<typeof setTimeout> | undefined;
  let interrupt: (reason: unknown) => void = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  const abort = (): void => {
    farewell = setTimeout(() => hardStop.abort(), FAREWELL_MS);
    interrupt(
      new RealtimeError(
        "aborted",
        `Cannot publish to "${channel}": it was aborted`,
        { cause: signal?.reason },
      ),
    );
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);

  queue.add({ kind: "datastream-start", data: streamId, size: EDGE_SIZE });
  const sent = sendLines(target, streamId, queue, hardStop.signal);
  // Who waits for the source learns at once that sending failed.
  sent.catch(interrupt);
  let problem: RealtimeError | undefined;
  try {
    const reading = readAll(target, chunks, queue);
    await Promise.race([reading, interrupted]);
  } catch (cause) {
    problem = cause instanceof RealtimeError ? cause : new RealtimeError(
      "internal",
      `Cannot publish to "${channel}": the source of the stream failed`,
      { cause },
    );
    queue.close();
    chunks.stop(problem);
  }
  // Our own words only: what the source says may be no business of subscribers.
  queue.end({
    kind: "datastream-end",
    data: streamId,
    size: EDGE_SIZE,
    ...problem &&
      { metadata: { error: { code: problem.code, message: problem.message } } },
  });
  try {
    const id = await sent;
    if (problem) throw problem;
    return { id, streamId };
  } catch (error) {
    throw problem ?? error;
  } finally {
    clearTimeout(farewell);
    signal?.removeEventListener("abort", abort);
  }
}

/** Brings a source's chunks into the queue, no faster than they are sent. */
async function readAll(
  { channel, checkSize, areWhole }: DataStreamTarget,
  chunks: ChunkReader,
  queue: ChunkQueue,
): Promise<void> {
  const text = new TextChunks();

  function addText(pieces: readonly string[]): void {
    for (const data of pieces) {
      queue.add({ kind: "chunk", data, size: data.length, isText: true });
    }
  }

  for (;;) {
    const { done, value } = await chunks.next();
    if (done) break;
    const isText = typeof value === "string" && !areWhole;
    if (isText || value instanceof Uint8Array) addText(text.push(value));
    else {
      addText(text.end());
      const json = encodeJson(value, `Cannot publish to "${channel}"`);
      checkSize(json);
      queue.add({ kind: "chunk", data: value, size: json.length });
    }
    await queue.room();
  }
  addText(text.end());
}
