/**
 * The text of a data stream that has the chunks of an answer: lines of JSON. An object is a chunk. A string continues the delta of the line
 * before it, so that the many deltas of an answer take few bytes, however their text is joined.
 *
 * @module
 */
import type * as ai from "ai";
import { RealtimeError } from "../core/protocol/errors.ts";
import { isJsonObject, isText } from "../core/protocol/shape.ts";
import { makeDelta, readDelta, type Run } from "./answer_delta.ts";

/** Encodes the chunks of an answer, in order. */
export class AnswerEncoder {
  /** The run that the next line may continue. */
  #run: Run | undefined;

  /** Returns the line of a chunk. */
  encode(chunk: ai.UIMessageChunk): string {
    const run = this.#run;
    const delta = this.#run = readDelta(chunk);
    const continues = delta?.isPlain && delta.type === run?.type &&
      delta.id === run.id;
    return `${JSON.stringify(continues ? delta.text : chunk)}\n`;
  }
}

/** Decodes the text of an answer, in order. */
export class AnswerDecoder {
  /** The beginning of a line whose end did not come yet. */
  #rest = "";
  /** The run that the next line may continue. */
  #run: Run | undefined;

  /**
   * Adds a piece of the text, and returns the chunks that it completes. Deltas of a run that stand next to each other become one chunk.
   *
   * @throws {RealtimeError} `invalid_json` for text of another form.
   */
  push(text: string): ai.UIMessageChunk[] {
    const lines = text.split("\n");
    lines[0] = this.#rest + lines[0];
    this.#rest = lines.pop() ?? "";
    const chunks: ai.UIMessageChunk[] = [];
    /** The text of the run so far. */
    let joined: string | undefined;
    const endRun = (): void => {
      if (this.#run && joined !== undefined) {
        chunks.push(makeDelta(this.#run, joined));
      }
      joined = undefined;
    };
    for (const line of lines) {
      const value = parseLine(line);
      if (isText(value)) {
        if (!this.#run) throw unreadable();
        joined = (joined ?? "") + value;
        continue;
      }
      endRun();
      const delta = this.#run = readDelta(value);
      if (delta?.isPlain) joined = delta.text;
      else chunks.push(value);
    }
    endRun();
    return chunks;
  }
}

function parseLine(line: string): ai.UIMessageChunk | string {
  try {
    const value: unknown = JSON.parse(line);
    if (isText(value) || isChunk(value)) return value;
  } catch (cause) {
    throw unreadable(cause);
  }
  throw unreadable();
}

function isChunk(value: unknown): value is ai.UIMessageChunk {
  return isJsonObject(value) && isText(value.type);
}

/** @throws {RealtimeError} `invalid_json` for anything but a list of chunks. */
export function checkChunks(value: unknown): readonly ai.UIMessageChunk[] {
  if (Array.isArray(value) && value.every(isChunk)) return value;
  throw unreadable();
}

function unreadable(cause?: unknown): RealtimeError {
  return new RealtimeError(
    "invalid_json",
    "Cannot read the answer: its text was not made for a chat",
    { cause },
  );
}
