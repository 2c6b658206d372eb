import type { PublisherName } from "./dialects/mod.ts";
import type { SubscribersOptions } from "./subscribers.ts";
import type { Load, Measured } from "./traffic.ts";

/** Publishers that send to a group's channels. */
export interface PublishersOptions {
  readonly port: number;
  readonly dialect: PublisherName;
  readonly count: number;
  /**
   * Messages of a request.
   *
   * @default {1}
   */
  readonly perRequest?: number;
  /** The token that they come with. */
  readonly token: string;
}

/** What the load generator is told to do, a line of JSON each; it answers each with one. */
export type Command =
  /** Opens subscribers under a name; answers how long that took. */
  | {
    readonly do: "subscribe";
    readonly group: string;
    readonly options: SubscribersOptions;
    /** The server's process or processes. */
    readonly pid: number | readonly number[];
  }
  /** Has publishers send to a group, those of the last time again where they are the same; answers what was measured. */
  | {
    readonly do: "publish";
    readonly group: string;
    readonly publishers: PublishersOptions;
    readonly load: Load;
  }
  /** Closes a group. */
  | { readonly do: "close"; readonly group: string };

/** What it took to open subscribers. */
export interface Opened {
  readonly seconds: number;
  /** CPU of the server and of the load generator, in milliseconds. */
  readonly serverMs: number;
  readonly loadMs: number;
  /** Messages that came meanwhile: those of the log. */
  readonly messages: number;
}

/** The answer to each command. */
export interface Answers {
  readonly subscribe: Opened;
  readonly publish: Measured;
  readonly close: Record<never, never>;
}

/** A line of the load generator. */
export type Answer = { readonly result: unknown } | { readonly error: string };
