import { formatId, type Position } from "../../core/protocol/id.ts";
import type { Broker, LogEntry } from "../brokers/broker.ts";
import { logPages, PAGE_BYTES } from "../brokers/log_pages.ts";
import type { Gap } from "../fan_out/find_start.ts";
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
  /** Where messages are missing: before the first entry, or between two of them. */
  readonly gap: Gap | undefined;
}

/** Reads a page of a channel's log. */
export async function readHistory(
  broker: Broker,
  { channel, topics, since: asked, limit }: HistoryQuery,
): Promise<HistoryPage> {
  const since = sinceOfChannel(asked, channel, true);
  const { epoch, first, top } = await broker.read(channel, 0, 1, 1);
  let after = first - 1;
  let gap: Gap | undefined;
  if (since.from === "live") after = top;
  if (since.from === "last") {
    after = topics
      ? (await broker.before(channel, topics, since.count)).offset
      : Math.max(first - 1, top - since.count);
  }
  if (since.from === "id") {
    const { position } = since;
    if (position.epoch === epoch && position.offset >= first - 1) {
      after = Math.min(position.offset, top);
    } else gap = gapAfter(position, epoch, first);
  }
  const entries: LogEntry[] = [];
  let bytes = 0;
  let isFull = false;
  const from = { epoch, offset: after };
  for await (const page of after < top ? logPages(broker, channel, from) : []) {
    // The log was lost while it was read.
    if (page.epoch !== epoch) break;
    if (page.first > after + 1) {
      // The log dropped messages that were not read yet. Only the start of a history can say so: this one ends before them.
      if (entries.length > 0) break;
      if (since.from === "id") {
        gap = gapAfter(since.position, epoch, page.first);
      }
      after = page.first - 1;
    }
    for (const entry of page.entries) {
      isFull = entries.length >= limit;
      if (isFull) break;
      if (entry.offset > after + 1) {
        // The log lost the messages in between. A history shows one gap: it ends before another one.
        isFull = gap !== undefined;
        if (isFull) break;
        gap = gapAfter({ epoch, offset: after }, epoch, entry.offset);
      }
      after = entry.offset;
      if (topics && !topics.has(entry.topic)) continue;
      entries.push(entry);
      bytes += entry.bytes;
    }
    // The newest messages were lost.
    if (page.entries.length === 0) after = page.top;
    isFull ||= entries.length >= limit;
    if (isFull || bytes >= PAGE_BYTES || after >= top) break;
  }
  return { epoch, offset: after, entries, more: after < top, gap };
}

function gapAfter(position: Position, epoch: string, first: number): Gap {
  const after = formatId(position.epoch, position.offset);
  return { after, before: formatId(epoch, first) };
}
