import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, parseId, type Position } from "../../core/protocol/id.ts";

/** Where a subscription starts, as `since` says it. */
export type Since =
  | { readonly from: "live" }
  | { readonly from: "start" }
  | { readonly from: "last"; readonly count: number }
  | { readonly from: "id"; readonly position: Position; readonly id: string }
  | { readonly from: "cursor"; readonly ids: ReadonlyMap<string, string> };

/**
 * Reads a `since`.
 *
 * @throws {RealtimeError} `invalid_argument` where it is none.
 */
export function parseSince(since: string | undefined): Since {
  if (!since || since === "live") return { from: "live" };
  if (since === "start") return { from: "start" };
  const last = /^last:([1-9][0-9]{0,8})$/.exec(since);
  if (last) return { from: "last", count: Number(last[1]) };
  const position = parseId(since);
  if (position) return { from: "id", position, id: since };
  const ids = since.startsWith("c.") ? readCursor(since) : undefined;
  if (ids) return { from: "cursor", ids };
  throw new RealtimeError(
    "invalid_argument",
    'Cannot start there: "since" must be "live", "start", "last:<n>", a message\'s id or a cursor',
  );
}

/** What a `since` means for one channel; `first` tells whether it is the token's first. */
export function sinceOfChannel(
  since: Since,
  channel: string,
  first: boolean,
): Since {
  if (since.from === "cursor") return parseSince(since.ids.get(channel));
  return since.from === "id" && !first ? { from: "live" } : since;
}

/** Writes a position in several channels. */
export function formatCursor(ids: ReadonlyMap<string, string>): string {
  const bytes = new TextEncoder().encode(
    JSON.stringify(Object.fromEntries(ids)),
  );
  const base64 = btoa(String.fromCharCode(...bytes));
  return "c." + base64.replaceAll("+", "-").replaceAll("/", "_")
    .replace(/=+$/, "");
}

/** Moves a cursor in one channel, and writes it. */
export function moveCursor(
  cursor: Map<string, string>,
  channel: string,
  epoch: string,
  offset: number,
): string {
  cursor.set(channel, formatId(epoch, offset));
  return formatCursor(cursor);
}

function readCursor(cursor: string): Map<string, string> | undefined {
  try {
    const base64 = cursor.slice(2).replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
    const ids = new Map<string, string>();
    for (const [channel, id] of Object.entries(Object(value))) {
      if (typeof id !== "string" || !parseId(id)) return undefined;
      ids.set(channel, id);
    }
    return ids;
  } catch {
    // Not base64, not JSON: the caller's error says what a cursor is.
    return undefined;
  }
}
