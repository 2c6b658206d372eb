import { RealtimeError } from "../../../core/protocol/errors.ts";
import { formatId, type Position } from "../../../core/protocol/id.ts";
import type {
  ChannelState,
  FirstReply,
  LogEntry,
  LogPage,
  OpenStream,
} from "../broker.ts";
import { MESSAGE_KINDS } from "../../wire/envelope.ts";
import type { LogSummary } from "../log_summary.ts";
import { decodeStored } from "./stored_message.ts";

/** The place of messages in a log. */
export interface PublishedMessages {
  readonly epoch: string;
  readonly first: number;
  readonly count: number;
}

/** Reads the result of the publish script: `epoch:first:count`. */
export function readPublished(reply: unknown): PublishedMessages {
  const match = /^([a-z0-9]{8}):(\d+):(\d+)/.exec(String(reply));
  const [, epoch, first, count] = match ?? [];
  if (epoch === undefined) throw unexpected();
  return { epoch, first: Number(first), count: Number(count) };
}

/** Reads the result of the reply script: what the publish script returns and the reply's key, or nothing. */
export function readReply(reply: unknown): FirstReply | undefined {
  if (reply === "") return undefined;
  const { epoch, first } = readPublished(reply);
  const [, , , ...key] = String(reply).split(":");
  return { id: formatId(epoch, first), key: key.join(":") };
}

/** Reads the result of the read script, as bytes: epoch, top, first, start, end, skipped entries, messages. */
export function readPage(reply: unknown): LogPage & { skipped: number } {
  const [epoch, top, first, start, end, skipped, ...messages] = list(reply);
  const entries: LogEntry[] = [];
  for (const message of messages) {
    const stored = decodeStored(message);
    if (stored) entries.push(stored.entry);
  }
  return {
    epoch: String(epoch),
    top: Number(top),
    first: Number(first),
    start: Number(start),
    end: Number(end),
    entries,
    skipped: Number(skipped) + messages.length - entries.length,
  };
}

/** Reads the result of the before script: a position, and how many messages are still to be found before it. */
export function readFound(reply: unknown): Position & { left: number } {
  const [epoch, offset, left] = list(reply);
  return { epoch: String(epoch), offset: Number(offset), left: Number(left) };
}

/** Reads the result of the touch script, for each channel: epoch, top, open streams. */
export function readTouched(reply: unknown): ChannelState[] {
  return list(reply).map((state) => {
    const [epoch, offset, streams] = list(state);
    const openStreams = list(streams).flatMap(readStream)
      .sort((a, b) => a.offset - b.offset);
    return { epoch: String(epoch), offset: Number(offset), openStreams };
  });
}

/** Reads the result of the subscribers script, and adds up the numbers of a topic. */
export function readSubscribers(reply: unknown, topic: string): number {
  let sum = 0;
  list(reply).forEach((value, i) => {
    // Names of gateways alternate with their values: a time and the numbers, or an empty text.
    if (i % 2 === 0 || value === "") return;
    const json = String(value).slice(String(value).indexOf(" ") + 1);
    const counts = parse(json);
    // Another program wrote it.
    if (!Array.isArray(counts)) return;
    for (const count of counts) {
      if (Array.isArray(count) && count[0] === topic) sum += Number(count[1]);
    }
  });
  return sum;
}

/** Reads the result of the summarize script; `undefined` stands for no log. */
export function readSummary(reply: unknown): LogSummary | undefined {
  const [epoch, top, messages, bytes, id, topic, kind] = list(reply);
  if (epoch === undefined) return undefined;
  const summary = {
    epoch: String(epoch),
    offset: Number(top),
    messages: Number(messages),
    bytes: Number(bytes),
  };
  const [, offset, at] = /^(\d+)-(\d+)$/.exec(String(id)) ?? [];
  const known = MESSAGE_KINDS.find((one) => one === String(kind));
  if (offset === undefined || known === undefined) return summary;
  const last = {
    epoch: summary.epoch,
    offset: Number(offset),
    topic: String(topic),
    kind: known,
    at: Number(at),
  };
  return { ...summary, last };
}

/** Reads an open stream: its id as JSON, the offset of its start and its topic, each on a line. Skips what no gateway wrote. */
function readStream(text: unknown): OpenStream[] {
  const [id = "", start, topic] = String(text).split("\n");
  const streamId = parse(id);
  const offset = Number(start);
  return typeof streamId === "string" && topic !== undefined && offset > 0
    ? [{ streamId, topic, offset }]
    : [];
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    // No gateway wrote it.
    return undefined;
  }
}

function list(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw unexpected();
  return reply;
}

function unexpected(): RealtimeError {
  const message = "Cannot use Redis: its data were not written by a gateway";
  return new RealtimeError("unavailable", message);
}
