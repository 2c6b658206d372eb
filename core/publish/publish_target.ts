import type { HttpContext } from "../http/request.ts";

/** The destination of messages, with the fields that they have in common. */
export interface PublishTarget {
  readonly context: HttpContext;
  readonly channel: string;
  readonly topic: string;
  /** The optional fields of each message, under the wire's names. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The beginning of error messages: `Cannot publish to "user:1"`. */
  readonly action: string;
}
