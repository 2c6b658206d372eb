import { Buffer } from "node:buffer";
import type { NewMessage } from "../../broker.ts";
import { ENTRY_OVERHEAD } from "../../log.ts";

/** Returns the bytes that count for a message's share of a log, as of one in memory. */
export function costOf(
  { head, raw }: Pick<NewMessage, "head" | "raw">,
): number {
  return Buffer.byteLength(head) + (raw?.length ?? 0) + ENTRY_OVERHEAD;
}
