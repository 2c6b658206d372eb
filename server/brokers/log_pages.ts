import type { Position } from "../../core/protocol/id.ts";
import type { Broker, LogPage, ReadOptions } from "./broker.ts";

/** Most messages of a page, as every reader of a whole log asks for them. */
export const PAGE_ENTRIES = 1000;
/** Bytes of a page's messages after which the page ends. */
export const PAGE_BYTES = 4 * 1024 * 1024;
/** Most messages that one read examines, whether or not it wants their topics: meanwhile the process does nothing else. */
export const MOST_EXAMINED = 2000;

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
  options?: ReadOptions,
): AsyncGenerator<LogPage, void, undefined> {
  let { epoch, offset } = after;
  for (;;) {
    const page = await broker.read(
      channel,
      offset,
      PAGE_ENTRIES,
      PAGE_BYTES,
      options,
    );
    const isOtherLog = epoch !== "" && page.epoch !== epoch;
    epoch = page.epoch;
    if (isOtherLog && offset > 0) {
      // An offset of the lost log means nothing in the new one.
      offset = 0;
      continue;
    }
    yield page;
    if (page.end >= page.top) return;
    offset = page.end;
  }
}
