import type { StreamSource } from "../types/realtime.ts";
import type { ChunkQueue } from "./chunk_queue.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { encodeMessage } from "./encode_message.ts";
import type { StreamLifetime } from "./stream_lifetime.ts";
import { type ChunkReader, openStream, readChunks } from "./stream_source.ts";
import { TextChunks } from "./text_chunks.ts";

/**
 * Reads a source into the queue until the source ends or the stream is interrupted, and then stops the source.
 *
 * @returns Why the stream ended early; `undefined` if its source ended by itself.
 */
export async function pumpSource(
  source: StreamSource<unknown>,
  queue: ChunkQueue,
  lifetime: StreamLifetime,
  action: string,
  keepPieces: boolean,
): Promise<RealtimeError | undefined> {
  const { signal } = lifetime.unwanted;
  let reader: ChunkReader | undefined;

  async function readSource(): Promise<void> {
    reader = readChunks(await openStream(source, signal, action));
    // The stream may be interrupted while its source is being opened.
    if (signal.aborted) void reader.stop(signal.reason);
    else await readAll(reader, queue, action, keepPieces);
  }

  try {
    await Promise.race([readSource(), lifetime.interrupted]);
    return undefined;
  } catch (cause) {
    const problem = cause instanceof RealtimeError ? cause : new RealtimeError(
      "internal",
      `${action}: the source of the stream failed`,
      { cause },
    );
    queue.close();
    lifetime.unwanted.abort(problem);
    void reader?.stop(problem);
    return problem;
  }
}

/** Reads all chunks into the queue, no faster than the queue is emptied. */
async function readAll(
  chunks: ChunkReader,
  queue: ChunkQueue,
  action: string,
  keepPieces: boolean,
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
    const isText = typeof value === "string" && !keepPieces;
    if (isText || value instanceof Uint8Array) {
      addText(text.push(value));
    } else {
      addText(text.end());
      const { length: size } = encodeMessage(value, action);
      const isWhole = typeof value === "string";
      queue.add({ kind: "chunk", data: value, size, isWhole });
    }
    await queue.room();
  }
  addText(text.end());
}
