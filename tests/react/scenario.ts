/**
 * What the page of the hooks' tests shows. The test and the page share it.
 *
 * @module
 */
import type { Realtime } from "../../core/types/realtime.ts";

/** What a page shows; a test changes it while the page runs. */
export interface Scenario {
  readonly hook: "useInngestSubscription" | "useRealtime" | "useStream";
  readonly channel: string;
  readonly topics: readonly string[];
  /** How many components have the hook. */
  readonly count?: number;
  readonly isStrict?: boolean;
  readonly isMounted?: boolean;
  /** Whether the function that gets tokens is written in place: another one at every render. */
  readonly isInline?: boolean;
  /** The hook's own options. */
  readonly options?: {
    readonly key?: string;
    readonly enabled?: boolean;
    readonly bufferInterval?: number;
    readonly historyLimit?: number;
    readonly from?: Realtime.Subscribe.From;
    readonly pauseOnHidden?: boolean;
    readonly reconnect?: boolean;
    readonly autoCloseOnTerminal?: boolean;
  };
}

/** What one component shows, as JSON. */
export interface Shown {
  readonly status: string;
  readonly error?: string;
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

/** What the page notes while it runs. */
export interface Notes {
  /** What was new in each render, one after the other, of the first component. */
  readonly fresh: unknown[];
  /** Messages that were shown while the component was asked for another channel. */
  readonly strays: unknown[];
  readonly gaps: Realtime.Subscribe.Gap[];
  /** How the first component stood, in the order of its renders. */
  readonly statuses: string[];
  /** How often the first component was rendered. */
  renders: number;
}

/** What a test calls in the page. */
export interface PageControl {
  /** Shows another scenario. */
  show(change: Partial<Scenario>): void;
  /** Calls `clear` or `reset` of the first component. */
  clear(): void;
  /** Calls `stop` of the first component; gives what it resolves with, or the code of its error. */
  stop(): Promise<boolean | string>;
  readonly notes: Notes;
}
