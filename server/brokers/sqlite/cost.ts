import { Buffer } from "node:buffer";
import type { NewMessage } from "../broker.ts";

/** Bytes that a message takes besides its texts: in the file its topic, times and place, in memory its objects. */
export const OVERHEAD = 200;

/** Returns the bytes that count for a message's share of a log. */
export function costOf(
  { head, raw }: Pick<NewMessage, "head" | "raw">,
): number {
  return Buffer.byteLength(head) + (raw?.length ?? 0) + OVERHEAD;
}
