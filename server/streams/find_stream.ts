import type { MessageKind } from "../../core/protocol/frames.ts";
import { formatId } from "../../core/protocol/id.ts";
import type { Broker } from "../brokers/broker.ts";
import { logPages } from "../brokers/log_pages.ts";
import { readEnd, type StreamEnd } from "./stream_end.ts";

/** The topic of the messages that keep quiet streams open. No client needs it. */
export const LEASE_TOPIC = "$lease";

/** What a log tells of a data stream. */
export interface FoundStream {
  readonly topics: ReadonlySet<string>;
  readonly start?: string;
  readonly end?: StreamEnd;
}

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
  const from = { epoch, offset: after };
  for await (const page of logPages(broker, channel, from)) {
    for (const { kind, topic, json, offset, streamId: id } of page.entries) {
      if (id !== streamId || !isOfStream(kind, topic)) continue;
      topics.add(topic === LEASE_TOPIC ? leasedTopic(json) : topic);
      const here = formatId(page.epoch, offset);
      if (kind === "datastream-start") start = here;
      if (kind !== "datastream-end") continue;
      const end = { ...readEnd(json), id: here, topics };
      return { topics, end: start === undefined ? end : { ...end, start } };
    }
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
