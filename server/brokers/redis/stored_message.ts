import { Buffer } from "node:buffer";
import { parseId } from "../../../core/protocol/id.ts";
import { MESSAGE_KINDS } from "../../wire/envelope.ts";
import type { LogEntry, NewMessage } from "../broker.ts";

/** A message from Redis, with the epoch of its id. */
export interface StoredMessage {
  readonly epoch: string;
  readonly entry: LogEntry;
}

const LINE_BREAK = 10;
/** Number of lines before the frame. */
const LINES = 4;
const ID = ',"id":"';

/**
 * Encodes a message for Redis: four lines (topic, kind, stream id and raw text, the latter two as JSON or empty) and the frame, to which the
 * script appends the id. The frame is never parsed or encoded again.
 */
export function encodeStored(message: NewMessage): string {
  const { topic, kind, streamId, raw, head } = message;
  const id = streamId === undefined ? "" : JSON.stringify(streamId);
  const bytes = raw === undefined ? "" : JSON.stringify(raw);
  return `${topic}\n${kind}\n${id}\n${bytes}\n${head}`;
}

/** Decodes a message from Redis; returns `undefined` for anything else. */
export function decodeStored(bytes: unknown): StoredMessage | undefined {
  if (!Buffer.isBuffer(bytes)) return undefined;
  let start = 0;
  for (let line = 0; line < LINES; line++) {
    start = bytes.indexOf(LINE_BREAK, start) + 1;
    if (start === 0) return undefined;
  }
  const [topic = "", kind = "", streamId = "", raw = ""] = bytes
    .toString("utf8", 0, start).split("\n");
  const json = bytes.toString("utf8", start);
  const known = MESSAGE_KINDS.find((one) => one === kind);
  const position = parseId(json.slice(json.lastIndexOf(ID) + ID.length, -2));
  if (!position || !known) return undefined;
  return {
    epoch: position.epoch,
    entry: {
      offset: position.offset,
      topic,
      kind: known,
      json,
      bytes: bytes.length - start,
      ...(streamId === "" ? {} : { streamId: String(parse(streamId)) }),
      ...(raw === "" ? {} : { raw: String(parse(raw)) }),
    },
  };
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // Not written by a gateway: the text is kept as it is.
    return json;
  }
}
