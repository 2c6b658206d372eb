import { Buffer } from "node:buffer";
import { formatId } from "../../core/protocol/id.ts";
import type { LogEntry } from "./log_entry.ts";
import { createdAtField, frameEnd, WHOLE_FIELD } from "./frame_layout.ts";
import { closingQuote } from "./json_text.ts";

/** A chunk whose data are text, as parts of its frame. */
export interface TextChunk {
  readonly entry: LogEntry;
  /** The text as it stands between the quotes of the JSON string. */
  readonly text: string;
  /** The fields between the time and the id, as JSON. */
  readonly fields: string;
}

/** The end of {@linkcode frameHead} and the quote of a text. No string of JSON can contain it. */
const TEXT_START = ',"data":"';
const CREATED_AT = createdAtField(new Date(0).toISOString());
const CREATED_AT_START = CREATED_AT.slice(0, CREATED_AT.indexOf(":") + 2);
const QUOTE = 0x22;
const END_START = frameEnd("").slice(0, -2);
const END_LENGTH = frameEnd(formatId("", 0)).length - 1;

/**
 * Takes the frame of a chunk apart. Returns `undefined` for any other message, for a chunk that isn't text or must stay whole, and for a
 * frame of another form, such as one that another version of the gateway wrote. It looks only at what stands around the text: to compare the
 * whole frame with the one that is expected would double the time of a replay.
 *
 * @param head The beginning of all frames of chunks in this channel and topic.
 */
export function readTextChunk(
  head: string,
  epoch: string,
  entry: LogEntry,
): TextChunk | undefined {
  const { kind, streamId, raw, json, offset } = entry;
  if (kind !== "chunk" || streamId === undefined || raw !== undefined) {
    return undefined;
  }
  const textAt = head.length + 1;
  const closing = closingQuote(json, textAt - 1);
  const createdAt = closing + 1;
  const fieldsAt = createdAt + CREATED_AT.length;
  const endAt = json.length - END_LENGTH - epoch.length - `${offset}`.length;
  const isKnownForm = json.startsWith(TEXT_START, textAt - TEXT_START.length) &&
    json.startsWith(CREATED_AT_START, createdAt) &&
    json.charCodeAt(fieldsAt - 1) === QUOTE &&
    json.startsWith(END_START, endAt);
  if (!isKnownForm || json.startsWith(WHOLE_FIELD, fieldsAt)) return undefined;
  const fields = json.slice(fieldsAt, endAt);
  return { entry, text: json.slice(textAt, closing), fields };
}

/**
 * Makes one chunk of several ones of a stream that differ only in their text, their times and their ids. It has the time and the id of the
 * last one. The texts are put together as they are encoded, because parsing and encoding them would take five times as long.
 *
 * @param head The beginning of their frames.
 */
export function joinTextChunks(
  head: string,
  earlier: readonly TextChunk[],
  last: LogEntry,
): LogEntry {
  if (earlier.length === 0) return last;
  const text = earlier.map((chunk) => chunk.text).join("");
  return {
    ...last,
    json: `${head}"${text}${last.json.slice(head.length + 1)}`,
    bytes: Buffer.byteLength(text) + last.bytes,
  };
}
