import { formatId } from "../../core/protocol/id.ts";
import type { Broker, LogEntry } from "../brokers/broker.ts";
import type { Gap } from "../fan_out/delivery_target.ts";
import { type Since, sinceOfChannel } from "../wire/since.ts";

/** The part of a log to read. */
export interface HistoryQuery {
  readonly channel: string;
  /** The topics to read; `undefined` for every topic. */
  readonly topics: ReadonlySet<string> | undefined;
  readonly since: Since;
  readonly limit: number;
}

/** A page of a log. */
export interface HistoryPage {
  readonly epoch: string;
  /** The offset up to which the log was read. */
  readonly offset: number;
  readonly entries: readonly LogEntry[];
  /** Whether the log has messages after `offset`. */
  readonly more: boolean;
  readonly gap?: Gap;
}

const PAGE_ENTRIES = 1000;
const PAGE_BYTES = 4 * 1024 * 1024;

/** Reads a page of a channel's log. */
export async function readHistory(
  broker: Broker,
  { channel, topics, since: from, limit }: HistoryQuery,
): Promise<HistoryPage> {
  const since = sinceOfChannel(from, channel, true);
  const { epoch, first, top } = await broker.read(channel, 0, 1, 1);
  const wants = (entry: LogEntry) => topics?.has(entry.topic) ?? true;
  let after = first - 1;
  let gap: Gap | undefined;
  if (since.from === "live") after = top;
  if (since.from === "last") {
    after = topics
      ? (await broker.before(channel, topics, since.count)).offset
      : Math.max(first - 1, top - since.count);
  }
  if (since.from === "id") {
    const { position, id } = since;
    if (position.epoch === epoch && position.offset >= first - 1) {
      after = Math.min(position.offset, top);
    } else gap = { after: id, before: formatId(epoch, first) };
  }
  const entries: LogEntry[] = [];
  let bytes = 0;
  while (entries.length < limit && bytes < PAGE_BYTES && after < top) {
    const page = await broker.read(channel, after, PAGE_ENTRIES, PAGE_BYTES);
    // The log was lost meanwhile: its epoch has changed.
    if (page.epoch !== epoch) break;
    if (page.first > after + 1) {
      // The log lost its oldest messages meanwhile. A gap stands at the start of a page, so this page ends here.
      if (entries.length > 0) break;
      if (since.from === "id") {
        gap = { after: since.id, before: formatId(epoch, page.first) };
      }
    }
    if (page.entries.length === 0) break;
    for (const entry of page.entries) {
      if (entries.length >= limit) break;
      after = entry.offset;
      if (!wants(entry)) continue;
      entries.push(entry);
      bytes += entry.bytes;
    }
  }
  return {
    epoch,
    offset: after,
    entries,
    more: after < top,
    ...(gap ? { gap } : {}),
  };
}
