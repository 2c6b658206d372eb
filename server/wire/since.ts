import { Buffer } from "node:buffer";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, parseId, type Position } from "../../core/protocol/id.ts";
import { tryParseJson } from "./json_text.ts";

/** The point at which the subscription of one channel starts. */
export type ChannelSince =
  | { readonly from: "live" }
  | { readonly from: "start" }
  | { readonly from: "last"; readonly count: number }
  | { readonly from: "id"; readonly position: Position };

/** The point at which a subscription starts; a cursor has a position for each of several channels. */
export type Since =
  | ChannelSince
  | { readonly from: "cursor"; readonly positions: Map<string, Position> };

/** Parses a `since`; throws `invalid_argument` for any other text. */
export function parseSince(since: string | undefined): Since {
  if (!since || since === "live") return { from: "live" };
  if (since === "start") return { from: "start" };
  const last = /^last:([1-9][0-9]{0,8})$/.exec(since);
  if (last) return { from: "last", count: Number(last[1]) };
  const position = parseId(since);
  if (position) return { from: "id", position };
  const positions = parseCursor(since);
  if (positions) return { from: "cursor", positions };
  throw new RealtimeError(
    "invalid_argument",
    'Cannot start there: "since" must be "live", "start", "last:<n>", a message\'s id or a cursor',
  );
}

/** Returns the point at which one channel of a subscription starts. An id belongs to the token's first channel. */
export function sinceOfChannel(
  since: Since,
  channel: string,
  isFirst: boolean,
): ChannelSince {
  if (since.from === "cursor") {
    const position = since.positions.get(channel);
    return position ? { from: "id", position } : { from: "live" };
  }
  return since.from === "id" && !isFirst ? { from: "live" } : since;
}

const CURSOR_PREFIX = "c.";

/** Encodes a position in each of several channels. */
export function formatCursor(ids: ReadonlyMap<string, string>): string {
  const json = JSON.stringify(Object.fromEntries(ids));
  return CURSOR_PREFIX + Buffer.from(json).toString("base64url");
}

/** Returns a function that moves a cursor to a message of a channel, and encodes it: the id of that message's SSE event. */
export function cursorIds(
  cursor: Map<string, string>,
  channel: string,
  epoch: string,
): (message: { readonly offset: number }) => string {
  return ({ offset }) => {
    cursor.set(channel, formatId(epoch, offset));
    return formatCursor(cursor);
  };
}

/** Decodes a cursor; returns `undefined` for any other text. */
function parseCursor(text: string): Map<string, Position> | undefined {
  if (!text.startsWith(CURSOR_PREFIX)) return undefined;
  const json = Buffer.from(text.slice(CURSOR_PREFIX.length), "base64url");
  const { value } = tryParseJson(json.toString(), "the cursor");
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return undefined;
  }
  const positions = new Map<string, Position>();
  for (const [channel, id] of Object.entries(value)) {
    const position = parseId(id);
    if (!position) return undefined;
    positions.set(channel, position);
  }
  return positions;
}
