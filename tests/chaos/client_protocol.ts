import type { From } from "../../core/types/token.ts";
import type { ChannelRecord } from "./ledger.ts";
import type { NetworkFaults } from "./proxy.ts";

/** How clients reach the gateway. */
export const TRANSPORTS = ["websocket", "sse"] as const;

/** The name of a transport. */
export type Transport = typeof TRANSPORTS[number];

/** What a process of clients is told at its start. */
export interface ClientStart {
  readonly transport: Transport;
  readonly signingKey: string;
  /** The gateway's port. */
  readonly port: number;
  /** Whether clients connect without the proxy, which takes two files for each. */
  readonly isDirect: boolean;
}

/** Spoils what a client wrote down, to show that it is found. */
export type Sabotage = "lose" | "duplicate" | "reorder";

/** Subscriptions to open. */
export interface Plan {
  readonly group: string;
  /** Each subscription takes one, in turn. */
  readonly channels: readonly string[];
  readonly count: number;
  /** Where they start, and from where on everything is due. */
  readonly from: From;
  /** Whether the log may have lost its beginning before they start. */
  readonly isTrimmed?: boolean;
  /** Seconds that each session lasts; as long as may be, where it is absent. */
  readonly sessionSeconds?: number;
  /** Whether they have one token and no way to get another. */
  readonly isStatic?: boolean;
  /** Whether they share connections. */
  readonly isShared?: boolean;
  readonly sabotage?: Sabotage;
}

/** Subscriptions that are made while messages are published, one after the other. */
export interface RacePlan {
  readonly channel: string;
  readonly count: number;
  /** How many are made at the same time. */
  readonly lanes: number;
}

/** What a process of clients can be asked to do. */
export type Command =
  | { readonly do: "network"; readonly faults: NetworkFaults }
  | { readonly do: "open"; readonly plan: Plan }
  | {
    readonly do: "await";
    readonly group: string;
    /** For each channel the id that everyone must have got. */
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

/** A command on its way. */
export type Request = Command & { readonly id: number };

/** The answer to a request: its result, or what failed. */
export type Reply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: string };

/** How a group of subscriptions stands. */
export interface GroupState {
  /** How many of them are in each state. */
  readonly states: Readonly<Record<string, number>>;
  /** How often one of them was opened, again or for the first time. */
  readonly opened: number;
  /** How many have been told of a gap, and of how many at most. */
  readonly withGap: number;
  readonly mostGaps: number;
  /** How often they asked for a token. */
  readonly tokens: number;
  /** Data streams that came as they were published, and those that did not. */
  readonly wholeStreams: number;
  readonly brokenStreams: number;
  /** Codes of the errors that ended them. */
  readonly failures: readonly string[];
  /** Codes of the errors that did not. */
  readonly errors: readonly string[];
  /** How often they tried to connect since the network was changed, and milliseconds from the first to the last attempt. */
  readonly attempts: number;
  readonly attemptSpreadMs: number;
  /** The share of those attempts that fell into the busiest second. */
  readonly busiestSecond: number;
  /** The same of the first attempt of each. */
  readonly busiestFirstSecond: number;
  /** How many connections were cut. */
  readonly cuts: number;
}

/** How long messages took from their publisher to their subscriber, in milliseconds. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}
