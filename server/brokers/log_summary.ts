import type { MessageKind } from "../../core/protocol/frames.ts";
import type { Position } from "../../core/protocol/id.ts";

/** How much a broker keeps of a channel. */
export interface LogSummary extends Position {
  /** Messages in the log. Those that are too old may be counted until the log is used again. */
  readonly messages: number;
  /** Bytes of memory that they take, roughly. */
  readonly bytes: number;
  /** The newest message in the log, if there is one. */
  readonly last?: LastEntry | undefined;
}

/** The newest message in a log. */
export interface LastEntry extends Position {
  /** The topic that it was published to. */
  readonly topic: string;
  /** Its kind. */
  readonly kind: MessageKind;
  /** When it was appended, in milliseconds since 1970. */
  readonly at: number;
}
