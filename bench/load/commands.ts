import type { PublisherName } from "./dialects/mod.ts";
import type { SubscribersOptions } from "./subscribers.ts";
import type { Arrived, Metered } from "./meter.ts";
import type { Load, Measured } from "./traffic.ts";

/** Options of the publishers of a group. */
export interface PublishersOptions {
  readonly port: number;
  readonly dialect: PublisherName;
  readonly count: number;
  /**
   * The number of messages in a request.
   *
   * @default {1}
   */
  readonly perRequest?: number;
  /** The token of the publishers. */
  readonly token: string;
}

/** The commands of the load generator: each is a line of JSON, and so is its answer. */
export type Command =
  /** Opens a group of subscribers; answers how long that took. */
  | {
    readonly do: "subscribe";
    readonly group: string;
    readonly options: SubscribersOptions;
    /** The processes of the server. */
    readonly pid: number | readonly number[];
  }
  /** Publishes to a group; answers what was measured. */
  | {
    readonly do: "publish";
    readonly group: string;
    readonly publishers: PublishersOptions;
    readonly load: Load;
  }
  /** Begins to measure what another process publishes to a group. */
  | { readonly do: "begin"; readonly group: string; readonly metered: Metered }
  /** Ends that measurement when all messages have arrived; answers what was measured. */
  | { readonly do: "end"; readonly group: string; readonly published: number }
  /** Closes a group. */
  | { readonly do: "close"; readonly group: string };

/** The cost of opening subscribers. */
export interface Opened {
  readonly seconds: number;
  /** CPU time of the server and of the load generator, in milliseconds. */
  readonly serverMs: number;
  readonly loadMs: number;
  /** Messages from the log that arrived meanwhile. */
  readonly messages: number;
}

/** The results of the commands. */
export interface Answers {
  readonly subscribe: Opened;
  readonly publish: Measured;
  readonly begin: Record<never, never>;
  readonly end: Arrived;
  readonly close: Record<never, never>;
}

/** An answer of the load generator. */
export type Answer = { readonly result: unknown } | { readonly error: string };
