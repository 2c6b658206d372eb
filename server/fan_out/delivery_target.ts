import type { Wire } from "../wire/encode.ts";
import type { Member } from "./audience.ts";

/** Messages that can't be delivered: those between the two ids. */
export interface Gap {
  readonly after: string;
  readonly before: string;
}

/** The connection that a channel is delivered to. */
export interface DeliveryTarget extends Member {
  readonly wire: Wire;
  /** Calls `read` when more can be written and no other delivery to this connection reads; also when the connection ended. */
  inTurn(read: () => Promise<void>): Promise<void>;
  /** Reports that messages of the channel are missing. */
  gap(channel: string, gap: Gap): void;
  /** Ends the connection because its channel's log can't be read. */
  fail(error: unknown): void;
}
