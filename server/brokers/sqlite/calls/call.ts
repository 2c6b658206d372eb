import type { RealtimeError } from "../../../../core/protocol/errors.ts";
import { messagesOf, type Request, type Result, WRITES } from "./requests.ts";

/** A request to the thread that has no answer yet. */
export interface Call {
  readonly request: Request;
  /** Characters of its messages. */
  readonly chars: number;
  /** When it was made, by `performance.now()`. */
  readonly began: number;
  /** Takes the result, also when nobody waits for it any more. */
  readonly apply: (result: Result) => void;
  readonly reject: (error: RealtimeError) => void;
}

/** Whether a call may change the database. */
export function isWrite({ request }: Call): boolean {
  return WRITES.has(request.name);
}

/** Counts the characters of a request's messages. */
export function charsOf(request: Request): number {
  let chars = 0;
  for (const { head, raw = "" } of messagesOf(request)) {
    chars += head.length + raw.length;
  }
  return chars;
}
