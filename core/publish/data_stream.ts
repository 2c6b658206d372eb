import { type ChunkReader, readChunks } from "./chunk_source.ts";
import { ChunkQueue } from "./chunk_queue.ts";
import type { FlushOptions } from "../types/app.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { encodeJson } from "../protocol/encode_json.ts";
import { isStreamed } from "./message_input.ts";
import { keepStream } from "./stream_lease.ts";
import {
  beginStream,
  type BegunStream,
  EDGE_SIZE,
  sendLines,
  startLine,
} from "./stream_sender.ts";
import { TextChunks } from "./text_chunks.ts";
import type { Publication, Streamed, StreamSource } from "../types/realtime.ts";

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
  /** Makes it one stream, however often it is published. */
  readonly key?: string | undefined;
  /** Checks a chunk's size; throws where it has more than a message may. */
  checkSize(json: string): void;
  /** Sends lines of NDJSON and gives the answers. It MUST be safe to repeat: each line has its key. */
  send(body: string, signal: AbortSignal): Promise<string>;
  /** Tells the gateway that the stream's producer lives, and is told of the stream's end. */
  keep(streamId: string, signal: AbortSignal): Promise<string>;
}

/** How long the end of an aborted stream may take to be sent. */
const FAREWELL_MS = 2_000;

/**
 * Publishes what a source yields as a data stream: its start, its chunks while they come, its end. Text is joined while it waits to be sent.
 *
 * @param source Its chunks, or a function of a signal that gives them: the signal aborts when nobody wants more.
 * @returns The ids of the start and of the stream; and whether a reader stopped it.
 * @throws {RealtimeError} What the source failed with, or the gateway refused; the stream then ends with that error.
 */
export async function publishDataStream(
  target: DataStreamTarget,
  source: StreamSource<unknown>,
): Promise<Publication> {
  const { channel, signal, key } = target;
  const action = `Cannot publish to "${channel}"`;
  const queue = new ChunkQueue(target.flush ?? {});
  const hardStop = new AbortController();
  const unwanted = new AbortController();
  let farewell: ReturnType<typeof setTimeout> | undefined;
  let interrupt: (reason: unknown) => void = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = reject;
  });
  // It may come when nobody waits for it.
  interrupted.catch(() => {});
  const abort = (): void => {
    farewell = setTimeout(() => hardStop.abort(), FAREWELL_MS);
    const { reason: cause } = signal ?? {};
    interrupt(
      new RealtimeError("aborted", `${action}: it was aborted`, { cause }),
    );
  };
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);

  let problem: RealtimeError | undefined;
  let chunks: ChunkReader | undefined;
  let begun: BegunStream = { streamId: crypto.randomUUID(), id: "" };
  const published = (): Publication => ({
    id: begun.id,
    streamId: begun.streamId,
    ...problem?.code === "stream_stopped" && { stopped: true },
  });
  try {
    if (key !== undefined) {
      begun = await beginStream(target, key, hardStop.signal);
      problem = begun.ended;
      if (problem) {
        if (typeof source !== "function") readChunks(source).stop(problem);
        return published();
      }
    } else queue.add(startLine(begun.streamId));
    const sent = sendLines(
      target,
      begun,
      queue,
      (id) => begun = { ...begun, id },
      hardStop.signal,
    );
    // Who waits for the source learns at once that sending failed, or that the stream ended.
    sent.catch(interrupt);
    keepStream(
      (signal) => target.keep(begun.streamId, signal),
      unwanted.signal,
    ).catch(interrupt);
    try {
      const reading = (async () => {
        chunks = readChunks(await begin(source, unwanted.signal, action));
        if (unwanted.signal.aborted) chunks.stop(unwanted.signal.reason);
        else await readAll(target, chunks, queue);
      })();
      await Promise.race([reading, interrupted]);
    } catch (cause) {
      problem = cause instanceof RealtimeError ? cause : new RealtimeError(
        "internal",
        `${action}: the source of the stream failed`,
        { cause },
      );
      queue.close();
      unwanted.abort(problem);
      chunks?.stop(problem);
    }
    // Our own words only: what the source says may be no business of subscribers.
    queue.end({
      kind: "datastream-end",
      data: begun.streamId,
      size: EDGE_SIZE,
      ...problem && {
        metadata: { error: { code: problem.code, message: problem.message } },
      },
    });
    try {
      await sent;
    } catch (error) {
      problem ??= error as RealtimeError;
    }
    if (problem && problem.code !== "stream_stopped") throw problem;
    return published();
  } finally {
    // Also ends the signs of life.
    unwanted.abort();
    clearTimeout(farewell);
    signal?.removeEventListener("abort", abort);
  }
}

/** What a source's chunks come from. */
async function begin(
  source: StreamSource<unknown>,
  signal: AbortSignal,
  action: string,
): Promise<Streamed<unknown>> {
  if (typeof source !== "function") return source;
  const given = await source(signal);
  if (isStreamed(given) && typeof given !== "function") return given;
  throw new RealtimeError(
    "invalid_data",
    `${action}: the function that was given as data gave no stream`,
  );
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
