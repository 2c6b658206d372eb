import type * as ai from "ai";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isJsonObject, isText } from "../../core/protocol/shape.ts";
import {
  type ChunkReader,
  readChunks,
} from "../../core/publish/stream_source.ts";
import { within } from "../../core/time/within.ts";
import type { Streamed } from "../../core/types/stream.ts";
import { isBrokenDelta } from "../answer_delta.ts";
import { AnswerEncoder } from "../answer_lines.ts";

/** Maximum length of a chunk's JSON, in characters. The default log of a channel keeps 8 MiB. */
const MAX_CHUNK_CHARS = 4 * 1024 * 1024;

/** How long the rest of a stopped answer is read, in milliseconds: the AI SDK calls `onEnd` at its end, where an app saves the message. */
const REST_MS = 5_000;

/**
 * Reads a stream of UI message chunks as the text of a data stream. If the reader ends early, and the answer can end by itself because it has
 * a signal, its rest is read without being published.
 */
export class AnswerText implements AsyncIterableIterator<string> {
  readonly #chunks: ChunkReader;
  readonly #encoder = new AnswerEncoder();
  readonly #action: string;
  readonly #endsBySignal: boolean;
  readonly #over = Promise.withResolvers<void>();
  /** Resolves when nothing of the stream is read any more. */
  readonly over: Promise<void> = this.#over.promise;

  constructor(
    stream: Streamed<unknown>,
    action: string,
    endsBySignal: boolean,
  ) {
    this.#chunks = readChunks(stream);
    this.#action = action;
    this.#endsBySignal = endsBySignal;
  }

  /** @throws {RealtimeError} `invalid_data` for what is no chunk; `too_large`. */
  async next(): Promise<IteratorResult<string>> {
    const { done, value } = await this.#chunks.next();
    if (done) this.#over.resolve();
    if (done) return { done, value: undefined };
    const line = this.#encoder.encode(checkChunk(value, this.#action));
    if (line.length > MAX_CHUNK_CHARS) throw tooLarge(line, this.#action);
    return { value: line };
  }

  return(): Promise<IteratorResult<string>> {
    this.#over.resolve(this.#readRest());
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this;
  }

  async #readRest(): Promise<void> {
    if (this.#endsBySignal) await within(REST_MS, readAll(this.#chunks));
    await within(REST_MS, this.#chunks.stop(undefined));
  }
}

async function readAll(chunks: ChunkReader): Promise<void> {
  try {
    while (!(await chunks.next()).done);
  } catch {
    // The stream ends in the reason for which it was stopped, which is known already.
  }
}

function checkChunk(value: unknown, action: string): ai.UIMessageChunk {
  const chunk = value as ai.UIMessageChunk;
  if (isJsonObject(value) && isText(value.type) && !isBrokenDelta(chunk)) {
    return chunk;
  }
  throw new RealtimeError(
    "invalid_data",
    `${action}: the stream has ${
      kindOf(value)
    } in place of a UI message chunk; pass result.toUIMessageStream()`,
  );
}

/** Says what a value is that is no chunk, without repeating any of it. */
function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (value instanceof Uint8Array) return "bytes";
  if (!isJsonObject(value)) {
    return Array.isArray(value) ? "a list" : `a ${typeof value}`;
  }
  // Such parts come from `streamText().stream` itself.
  if (isText(value.type)) return "a part of another kind of stream";
  return 'an object without "type"';
}

function tooLarge(line: string, action: string): RealtimeError {
  const size = Math.ceil(line.length / 1024);
  const limit = MAX_CHUNK_CHARS / 1024;
  return new RealtimeError(
    "too_large",
    `${action}: a chunk of the answer has ${size} Ki characters, the limit is ${limit} Ki`,
  );
}
