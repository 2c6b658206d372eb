/**
 * The scenarios of the page of the hooks' tests, shared by the tests and the page.
 *
 * @module
 */
import type { Duration } from "../../core/protocol/duration.ts";
import type { Realtime } from "../../core/types/realtime.ts";
import type { TidingsDevtoolsProps } from "../../react/devtools/mod.ts";

/** The components of a page. A test changes them while the page runs. */
export interface Scenario {
  readonly hook: "useSubscription" | "useRealtime" | "useStream";
  readonly channel: string;
  readonly topics: readonly string[];
  /** The number of components with the hook. */
  readonly count?: number;
  readonly isStrict?: boolean;
  readonly isMounted?: boolean;
  /** Whether the function that gets tokens is inline, and thus a new one at every render. */
  readonly isInline?: boolean;
  /** The properties of the devtools, which are absent by default. */
  readonly devtools?: TidingsDevtoolsProps;
  /** The hook's own options. */
  readonly options?: {
    readonly key?: string;
    readonly enabled?: boolean;
    readonly bufferInterval?: number;
    readonly historyLimit?: number;
    readonly from?: Realtime.Subscribe.From;
    readonly pauseOnHidden?: boolean;
    readonly reconnect?: boolean;
    readonly reconnectMin?: Duration;
    readonly reconnectMax?: Duration;
    readonly autoCloseOnTerminal?: boolean;
  };
}

/** The state that one component shows as JSON. */
export interface Shown {
  readonly status: string;
  readonly error?: string;
  readonly retryInMs?: number | null;
  readonly data: readonly unknown[];
  readonly last?: unknown;
  readonly byTopic?: Readonly<Record<string, unknown>>;
  readonly runStatus?: string;
  readonly result?: unknown;
  readonly pauseReason?: string | null;
  readonly text?: string;
  readonly done?: boolean;
  readonly stopped?: boolean;
}

/** The records of the page. */
export interface Notes {
  /** The new messages of each render of the first component, in order. */
  readonly fresh: unknown[];
  /** Messages that were shown although the component had another channel. */
  readonly strays: unknown[];
  readonly gaps: Realtime.Subscribe.Gap[];
  /** The states of the first component, in the order of its renders. */
  readonly statuses: string[];
  /** The number of renders of the first component. */
  renders: number;
}

/** The functions that a test calls in the page. */
export interface PageControl {
  /** Shows another scenario. */
  show(change: Partial<Scenario>): void;
  /** Calls `clear` or `reset` of the first component. */
  clear(): void;
  /** Calls `stop` of the first component; returns its result or the code of its error. */
  stop(): Promise<boolean | string>;
  readonly notes: Notes;
}
