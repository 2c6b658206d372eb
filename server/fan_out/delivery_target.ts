import type { ReadyChannel } from "../../core/protocol/frames.ts";
import type { Member } from "./audience.ts";
import type { OpenStream } from "../brokers/broker.ts";
import type { Wire } from "../wire/encode.ts";

/** Messages that can't be delivered: those between the two ids. */
export interface Gap {
  readonly after: string;
  readonly before: string;
}

/** The connection that a reader reads for. */
export interface DeliveryTarget extends Member {
  readonly wire: Wire;
  /** Calls `read` when more can be written, and no other reader reads; also when the connection ended. */
  inTurn(read: () => Promise<void>): Promise<void>;
  /** Messages of the channel are missing. */
  gap(channel: string, gap: Gap): void;
  /** The broker failed while the log was read. */
  fail(error: unknown): void;
}

/** Where a subscription of one channel starts. */
export interface Start {
  readonly ready: ReadyChannel;
  /** Comes after `ready` and before the first message. */
  readonly gap?: Gap;
  /** The log that the offsets are of. */
  readonly epoch: string;
  /** The offset after which every message of the topics is wanted; from `ready` up to here, only open streams. */
  readonly after: number;
  /** Streams that were open then, each to be read from its start. */
  readonly streams?: readonly OpenStream[];
}
