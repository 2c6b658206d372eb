import type { MessageKind } from "../../core/protocol/frames.ts";
import { formatId } from "../../core/protocol/id.ts";
import type { Broker } from "../brokers/broker.ts";
import { readEnd, type StreamEnd } from "./stream_end.ts";

/** The topic of the messages that keep quiet streams open. No client needs it. */
export const LEASE_TOPIC = "$lease";

/** What a log tells of a data stream. */
export interface FoundStream {
  readonly topics: ReadonlySet<string>;
  readonly start?: string;
  readonly end?: StreamEnd;
}

const PAGE_ENTRIES = 1000;
const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Looks for a data stream in a channel's log.
 *
 * @param epoch The epoch that `after` is of.
 * @param after The offset after which to look.
 * @returns What was found, `undefined` where nothing of the stream is there.
 */
export async function findStream(
  broker: Broker,
  channel: string,
  streamId: string,
  epoch = "",
  after = 0,
): Promise<FoundStream | undefined> {
  const topics = new Set<string>();
  let start: string | undefined;
  let next = after;
  let known = epoch;
  for (;;) {
    const page = await broker.read(channel, next, PAGE_ENTRIES, PAGE_BYTES);
    if (known && page.epoch !== known) {
      // Another log has begun: offsets of the one before mean nothing in it.
      known = page.epoch;
      next = 0;
      continue;
    }
    known = page.epoch;
    for (const { kind, topic, json, offset, streamId: id } of page.entries) {
      next = offset;
      if (id !== streamId || !isOfStream(kind, topic)) continue;
      topics.add(topic === LEASE_TOPIC ? leasedTopic(json) : topic);
      const here = formatId(page.epoch, offset);
      if (kind === "datastream-start") start = here;
      if (kind !== "datastream-end") continue;
      const end = { ...readEnd(json), id: here, topics };
      return { topics, end: start === undefined ? end : { ...end, start } };
    }
    if (page.entries.length === 0 || next >= page.top) break;
  }
  if (topics.size === 0) return undefined;
  return { topics, ...start === undefined ? {} : { start } };
}

/** Whether a message with a stream's id tells how the stream stands: others may have one, too. */
export function isOfStream(kind: MessageKind, topic: string): boolean {
  return topic === LEASE_TOPIC || kind === "chunk" ||
    kind.startsWith("datastream-");
}

/** The topic of the stream that a message of {@linkcode LEASE_TOPIC} is about. */
export function leasedTopic(json: string): string {
  return String(JSON.parse(json).data);
}
