import type { From } from "../../core/types/token.ts";
import type { ChannelRecord } from "./ledger.ts";
import type { NetworkFaults } from "./proxy.ts";

/** The transports of clients. */
export const TRANSPORTS = ["websocket", "sse"] as const;

/** The name of a transport. */
export type Transport = typeof TRANSPORTS[number];

/** The argument of a process of clients. */
export interface ClientStart {
  readonly transport: Transport;
  readonly signingKey: string;
  /** The gateway's port. */
  readonly port: number;
  /** Whether clients connect without the proxy, which needs two open files for each of them. */
  readonly isDirect: boolean;
}

/** How a client falsifies its own record, to show that the oracle notices. */
export type Sabotage = "lose" | "duplicate" | "reorder";

/** Subscriptions to open. */
export interface Plan {
  readonly group: string;
  /** The channels, which the subscriptions take in turn. */
  readonly channels: readonly string[];
  readonly count: number;
  /** The position they start at. They must receive everything from there on. */
  readonly from: From;
  /** Whether the log may have been trimmed before they start. */
  readonly isTrimmed?: boolean;
  /**
   * How long each session lasts, in seconds.
   *
   * @default {as long as the gateway allows}
   */
  readonly sessionSeconds?: number;
  /** Whether they have one token and can't get another. */
  readonly isStatic?: boolean;
  /** Whether they share connections. */
  readonly isShared?: boolean;
  /**
   * How many open at the same time.
   *
   * @default {64}
   */
  readonly lanes?: number;
  readonly sabotage?: Sabotage;
}

/** Subscriptions that are opened one after the other while messages are published. */
export interface RacePlan {
  readonly channel: string;
  readonly count: number;
  /** How many are opened at the same time. */
  readonly lanes: number;
}

/** The requests to a process of clients. */
export type Command =
  | { readonly do: "network"; readonly faults: NetworkFaults }
  | { readonly do: "open"; readonly plan: Plan }
  | {
    readonly do: "await";
    readonly group: string;
    /** For each channel the id that its subscribers must receive. */
    readonly tops: Readonly<Record<string, string>>;
    readonly timeoutMs: number;
  }
  | {
    readonly do: "judge";
    readonly group: string;
    readonly records: Readonly<Record<string, ChannelRecord>>;
  }
  | { readonly do: "states"; readonly group: string }
  | { readonly do: "latencies" }
  | { readonly do: "race"; readonly plan: RacePlan }
  | { readonly do: "list"; readonly group: string }
  | { readonly do: "churn"; readonly group: string; readonly count: number }
  | { readonly do: "close"; readonly group: string };

/** A command with the id that its reply repeats. */
export type Request = Command & { readonly id: number };

/** The reply to a request: its result or its error. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** The state of a group of subscriptions. */
export interface GroupState {
  /** How many subscriptions are in each state. */
  readonly states: Readonly<Record<string, number>>;
  /** How often subscriptions were opened, reconnects included. */
  readonly opened: number;
  /** How many received a `gap`, and the most that one of them received. */
  readonly withGap: number;
  readonly mostGaps: number;
  /** How many tokens they fetched. */
  readonly tokens: number;
  /** Data streams that arrived complete and in order, and the others. */
  readonly wholeStreams: number;
  readonly brokenStreams: number;
  /** The codes of errors that ended subscriptions. */
  readonly failures: readonly string[];
  /** The codes of errors that did not. */
  readonly errors: readonly string[];
  /** The attempts to connect since the network last changed, and the milliseconds from the first to the last one. */
  readonly attempts: number;
  readonly attemptSpreadMs: number;
  /** The share of those attempts in the busiest second. */
  readonly busiestSecond: number;
  /** The share of each subscription's first attempt in the busiest second. */
  readonly busiestFirstSecond: number;
  /** How many connections the proxy cut. */
  readonly cuts: number;
}

/** The latencies of messages from publisher to subscriber, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
