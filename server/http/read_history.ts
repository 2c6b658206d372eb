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
  /** For whom it is read, as in {@linkcode ReadOptions}. */
  readonly reader?: string | undefined;
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
  { channel, topics, since: asked, limit, reader }: HistoryQuery,
): Promise<HistoryPage> {
  const since = sinceOfChannel(asked, channel, true);
  const options = { topics, reader };
  const look = await broker.read(channel, 0, 1, 1, { reader });
  const { epoch, first, top } = look;
  let after = first - 1;
  let gap: Gap | undefined;
  if (since.from === "live") after = top;
  if (since.from === "last") {
    after = topics
      ? (await broker.before(channel, topics, since.count, reader)).offset
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
  const pages = logPages(broker, channel, { epoch, offset: after }, options);
  for await (const page of after < top ? pages : []) {
    // The log was lost while it was read.
    if (page.epoch !== epoch) break;
    if (page.start > after + 1) {
      // Only the start of a history can say that the log dropped messages which were not read yet. And a history shows one gap. Otherwise
      // it ends before the messages that are missing.
      const isDropped = page.first > after + 1;
      if (isDropped ? entries.length > 0 : gap !== undefined) break;
      if (!isDropped) {
        gap = gapAfter({ epoch, offset: after }, epoch, page.start);
      } else if (since.from === "id") {
        gap = gapAfter(since.position, epoch, page.start);
      }
    }
    const taken = page.entries.slice(0, limit - entries.length);
    for (const entry of taken) bytes += entry.bytes;
    entries.push(...taken);
    const last = taken.length < page.entries.length ? taken.at(-1) : undefined;
    after = last?.offset ?? page.end;
    const isFull = entries.length >= limit || bytes >= PAGE_BYTES;
    if (isFull || after >= top) break;
  }
  return { epoch, offset: after, entries, more: after < top, gap };
}

function gapAfter(position: Position, epoch: string, first: number): Gap {
  const after = formatId(position.epoch, position.offset);
  return { after, before: formatId(epoch, first) };
}
