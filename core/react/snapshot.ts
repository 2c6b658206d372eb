import type { ReaderState } from "../reader.ts";

/** How a source stands: as its subscription does, or `paused` while no component wants it or the page is hidden. */
export type SourceState = ReaderState | "paused";

/** A message, of whatever topic. */
export interface AnyMessage {
  readonly kind: string;
  readonly topic: string;
  readonly data: unknown;
  readonly id: string;
  readonly runId?: string;
  readonly streamId?: string;
  readonly metadata?: unknown;
}

/** What is known of a run: what was published about it, put together. */
export type RunRecord = Readonly<Record<string, unknown>>;

/** The newest data stream of a topic. */
export interface StreamText {
  readonly id: string;
  readonly text: string;
  readonly isDone: boolean;
  readonly error: Error | null;
}

/** What a component renders. A new object whenever something of it changed. */
export interface Snapshot {
  readonly state: SourceState;
  readonly error: Error | null;
  /** The position after the newest message. */
  readonly end: number;
  readonly all: readonly AnyMessage[];
  /** What came since the component was rendered last. */
  readonly delta: readonly AnyMessage[];
  readonly byTopic: Readonly<Record<string, AnyMessage>>;
  readonly streams: Readonly<Record<string, StreamText>>;
  readonly run: RunRecord | undefined;
}

/** Before anything happened; what servers render. */
export const INITIAL: Snapshot = {
  state: "idle",
  error: null,
  end: 0,
  all: [],
  delta: [],
  byTopic: {},
  streams: {},
  run: undefined,
};
