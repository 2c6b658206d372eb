import type { ReaderState } from "../core/types/subscription.ts";

/**
 * The state of a shared subscription: that of its reader; `reconnecting` for `connecting` and `waiting` after it has been open; `paused`
 * while no component needs it or the page is hidden.
 */
export type SharedState = ReaderState | "reconnecting" | "paused";

/** A message of any topic. */
export interface AnyMessage {
  readonly kind: string;
  readonly channel: string;
  readonly topic: string;
  readonly data: unknown;
  readonly id: string;
  readonly createdAt?: Date;
  readonly runId?: string;
  readonly streamId?: string;
  readonly metadata?: unknown;
}

/** Adds the next message to the value that the messages so far were folded into. The message is `undefined` where messages are lost. */
export type Fold<T> = (
  known: T | undefined,
  message: AnyMessage | undefined,
) => T | undefined;

/** The state that a component renders. Each change makes a new object. */
export interface ViewState<T> {
  readonly state: SharedState;
  readonly error: Error | null;
  readonly retryInMs: number | null;
  /** The position after the newest message. */
  readonly end: number;
  readonly all: readonly AnyMessage[];
  /** The messages that came since the component was last rendered. */
  readonly delta: readonly AnyMessage[];
  /** The value that all messages were folded into. */
  readonly folded: T | undefined;
  /** That value at the moment when the component was cleared. */
  readonly cleared: T | undefined;
}

/** The state before the first change, which is also what a server renders. */
export const INITIAL: ViewState<never> = {
  state: "idle",
  error: null,
  retryInMs: null,
  end: 0,
  all: [],
  delta: [],
  folded: undefined,
  cleared: undefined,
};
