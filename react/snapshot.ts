import type { ReaderState } from "../core/types/subscription.ts";

/** How a source stands: as its subscription does, or `paused` while no component wants it or the page is hidden. */
export type SourceState = ReaderState | "paused";

/** A message, of whatever topic. */
export interface AnyMessage {
  readonly kind: string;
  readonly channel: string;
  readonly topic: string;
  readonly data: unknown;
  readonly id: string;
  readonly runId?: string;
  readonly streamId?: string;
  readonly metadata?: unknown;
}

/**
 * Makes one thing of all messages, each in its turn.
 *
 * @param known What it made so far.
 * @param message The next message; absent where some are lost.
 */
export type Fold<T> = (
  known: T | undefined,
  message: AnyMessage | undefined,
) => T | undefined;

/** What a component renders. A new object whenever something of it changed. */
export interface Snapshot<T> {
  readonly state: SourceState;
  readonly error: Error | null;
  /** The position after the newest message. */
  readonly end: number;
  readonly all: readonly AnyMessage[];
  /** What came since the component was rendered last. */
  readonly delta: readonly AnyMessage[];
  /** What was made of all messages. */
  readonly folded: T | undefined;
  /** The same at the moment when the component was cleared. */
  readonly cleared: T | undefined;
}

/** Before anything happened; what servers render. */
export const INITIAL: Snapshot<never> = {
  state: "idle",
  error: null,
  end: 0,
  all: [],
  delta: [],
  folded: undefined,
  cleared: undefined,
};
