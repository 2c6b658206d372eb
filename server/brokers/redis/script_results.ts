import { RealtimeError } from "../../../core/protocol/errors.ts";
import type { ChannelState, LogPage, OpenStream } from "../broker.ts";
import { decodeStored } from "./stored_message.ts";

/** Reads the result of the publish script: `epoch:first:count`. */
export function readPublished(
  reply: unknown,
): { epoch: string; first: number; count: number } {
  const match = /^([a-z0-9]{8}):(\d+):(\d+)$/.exec(String(reply));
  const [, epoch, first, count] = match ?? [];
  if (epoch === undefined) throw unexpected();
  return { epoch, first: Number(first), count: Number(count) };
}

/** Reads the result of the read script, as bytes: epoch, top, first, messages. */
export function readPage(reply: unknown): LogPage {
  const [epoch, top, first, ...messages] = list(reply);
  const entries = messages.map((message) => {
    const stored = decodeStored(message);
    if (!stored) throw unexpected();
    return stored.entry;
  });
  return {
    epoch: String(epoch),
    top: Number(top),
    first: Number(first),
    entries,
  };
}

/** Reads the result of the touch script, for each channel: epoch, top, open streams. */
export function readTouched(reply: unknown): ChannelState[] {
  return list(reply).map((state) => {
    const [epoch, offset, streams] = list(state);
    const openStreams = list(streams).map(readStream)
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
    for (const [name, count] of new Map<unknown, unknown>(JSON.parse(json))) {
      if (name === topic) sum += Number(count);
    }
  });
  return sum;
}

/** Reads an open stream: its id as JSON, the offset of its start and its topic, each on a line. */
function readStream(text: unknown): OpenStream {
  const [id = "", offset, topic = ""] = String(text).split("\n");
  return { streamId: JSON.parse(id), topic, offset: Number(offset) };
}

function list(reply: unknown): unknown[] {
  if (!Array.isArray(reply)) throw unexpected();
  return reply;
}

function unexpected(): RealtimeError {
  const message = "Cannot use Redis: its data were not written by a gateway";
  return new RealtimeError("unavailable", message);
}
