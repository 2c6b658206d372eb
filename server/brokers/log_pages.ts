import type { Position } from "../../core/protocol/id.ts";
import type { Broker, LogEntry, LogPage } from "./broker.ts";

/** Most messages of a page, as every reader of a whole log asks for them. */
export const PAGE_ENTRIES = 1000;
/** Bytes of a page's messages after which the page ends. */
export const PAGE_BYTES = 4 * 1024 * 1024;

/**
 * Reads a channel's log from a position to its top, page by page. When the log was lost and another has begun, the pages go on with
 * the first message of the new log, and their `epoch` is the new one.
 *
 * @param after The position after which to begin; an empty `epoch` stands for whichever log there is.
 */
export async function* logPages(
  broker: Broker,
  channel: string,
  after: Position,
): AsyncGenerator<LogPage, void, undefined> {
  let { epoch, offset } = after;
  for (;;) {
    const page = await broker.read(channel, offset, PAGE_ENTRIES, PAGE_BYTES);
    const isOtherLog = epoch !== "" && page.epoch !== epoch;
    epoch = page.epoch;
    if (isOtherLog && offset > 0) {
      // An offset of the lost log means nothing in the new one.
      offset = 0;
      continue;
    }
    yield page;
    const last = page.entries.at(-1);
    if (last === undefined || last.offset >= page.top) return;
    offset = last.offset;
  }
}

/** Divides messages of a log into parts without a gap between two messages. Most often there is one part. */
export function consecutiveParts(
  entries: readonly LogEntry[],
): (readonly LogEntry[])[] {
  const parts: LogEntry[][] = [];
  let last: number | undefined;
  for (const entry of entries) {
    if (last !== undefined && entry.offset === last + 1) {
      parts.at(-1)?.push(entry);
    } else parts.push([entry]);
    last = entry.offset;
  }
  return parts;
}
