import type * as ai from "ai";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isJsonObject, isText } from "../../core/protocol/shape.ts";
import {
  type ChunkReader,
  readChunks,
} from "../../core/publish/stream_source.ts";
import { within } from "../../core/time/within.ts";
import type { Streamed } from "../../core/types/stream.ts";
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
  /** Resolves when nothing of the stream is read any more. */
  rest: Promise<void> = Promise.resolve();

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
    if (done) return { done, value: undefined };
    const line = this.#encoder.encode(checkChunk(value, this.#action));
    if (line.length > MAX_CHUNK_CHARS) throw tooLarge(line, this.#action);
    return { value: line };
  }

  return(): Promise<IteratorResult<string>> {
    this.rest = this.#readRest();
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<string> {
    return this;
  }

  async #readRest(): Promise<void> {
    if (this.#endsBySignal) await within(REST_MS, readAll(this.#chunks));
    this.#chunks.stop(undefined);
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
  if (isJsonObject(value) && isText(value.type)) {
    return value as ai.UIMessageChunk;
  }
  const kind = isText(value) ? "a string" : `a value of type ${typeof value}`;
  throw new RealtimeError(
    "invalid_data",
    `${action}: the stream has ${kind} in place of a UI message chunk; pass result.toUIMessageStream()`,
  );
}

function tooLarge(line: string, action: string): RealtimeError {
  const size = Math.ceil(line.length / 1024);
  const limit = MAX_CHUNK_CHARS / 1024;
  return new RealtimeError(
    "too_large",
    `${action}: a chunk of the answer has ${size} Ki characters, the limit is ${limit} Ki`,
  );
}
