import { Buffer } from "node:buffer";
import type { NewMessage } from "../../broker.ts";
import { ENTRY_OVERHEAD } from "../../log.ts";
import { messagesOf, type Request } from "../calls/requests.ts";

/** Returns the bytes that count for a message's share of a log, as of one in memory. */
export function costOf(
  { head, raw }: Pick<NewMessage, "head" | "raw">,
): number {
  return Buffer.byteLength(head) + (raw?.length ?? 0) + ENTRY_OVERHEAD;
}

/** Bytes of a page of the file. */
const PAGE_BYTES = 4096;

/** Returns about the bytes by which requests make the file longer. A message may leave the rest of its last page unused. */
export function growthOf(requests: readonly Request[]): number {
  let growth = 0;
  for (const message of requests.flatMap(messagesOf)) {
    const cost = costOf(message);
    growth += cost + Math.min(cost, PAGE_BYTES);
  }
  return growth;
}
