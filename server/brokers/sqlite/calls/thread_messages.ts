import type { Answer, Request, StorageReport } from "./requests.ts";
import type { LogBounds } from "../thread/retention.ts";
import type { Synchronous } from "../url.ts";

/** The settings of the thread. */
export interface ThreadOptions {
  /** The path of the database. */
  readonly path: string;
  readonly synchronous: Synchronous;
  readonly bounds: LogBounds;
}

/** Encodes a message between the threads. As one text it takes half the time of a copy of its objects. */
export function encode(message: ToThread | FromThread): string {
  return JSON.stringify(message);
}

/** Decodes a message of the kind that the sender encoded. */
export function decode<M extends ToThread | FromThread>(text: string): M {
  return JSON.parse(text);
}

/** To the thread: a batch to answer, or the order to close the database and end. */
export type ToThread =
  | { readonly requests: readonly Request[] }
  | { readonly close: true };

/** From the thread: how the opening went, the answers to a batch, or the end. */
export type FromThread =
  | { readonly opened: { readonly wasRestored: boolean } }
  | { readonly refused: { readonly isOwned: boolean; readonly reason: string } }
  | {
    /** Absent where the thread deleted something by itself. */
    readonly answers?: readonly Answer[];
    readonly report: StorageReport;
  }
  | { readonly closed: true };
