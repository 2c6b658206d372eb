import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { ChannelState, LogEntry, LogPage, OpenStream } from "../broker.ts";
import { decodeStored } from "./stored_message.ts";

/** Reads what the publish script answers: `epoch:first:count`. */
export function readPublished(
  reply: unknown,
): { epoch: string; first: number; count: number } {
  const match = /^([a-z0-9]{8}):(\d+):(\d+)$/.exec(String(reply));
  if (!match?.[1]) throw unexpected();
  return {
    epoch: match[1],
    first: Number(match[2]),
    count: Number(match[3]),
  };
}

/** Reads what the read script answers, as bytes: epoch, top, first, messages. */
export function readPage(reply: unknown): LogPage {
  const [epoch, top, first, ...messages] = list(reply);
  const entries: LogEntry[] = [];
  for (const message of messages) {
    const stored = decodeStored(message);
    if (!stored) throw unexpected();
    entries.push(stored.entry);
  }
  return {
    epoch: String(epoch),
    top: Number(top),
    first: Number(first),
    entries,
  };
}

/** Reads what the touch script answers for each channel: epoch, top, open streams. */
export function readTouched(reply: unknown): ChannelState[] {
  return list(reply).map((state) => {
    const [epoch, offset, streams] = list(state);
    return {
      epoch: String(epoch),
      offset: Number(offset),
      openStreams: list(streams).map(readStream)
        .sort((a, b) => a.offset - b.offset),
    };
  });
}

/** Reads what the subscribers script answers, and adds up a topic's. */
export function readSubscribers(reply: unknown, topic: string): number {
  let sum = 0;
  list(reply).forEach((said, i) => {
    if (i % 2 === 0 || said === "") return;
    const json = String(said).slice(String(said).indexOf(" ") + 1);
    for (const [name, count] of new Map<unknown, unknown>(JSON.parse(json))) {
      if (name === topic) sum += Number(count);
    }
  });
  return sum;
}

/** An open stream: its id as JSON, the offset of its start and its topic, each on a line. */
function readStream(text: unknown): OpenStream {
  const [id = "", offset, topic = ""] = String(text).split("\n");
  return { streamId: JSON.parse(id), topic, offset: Number(offset) };
}

function list(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw unexpected();
  return reply;
}

function unexpected(): RealtimeError {
  return new RealtimeError(
    "unavailable",
    "Cannot use Redis: what it answers is not what a gateway wrote",
  );
}
