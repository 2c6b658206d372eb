import type { HttpContext } from "../http/request.ts";
import type { PublishOptions } from "../types/app.ts";

/** Where messages are published, and what they have in common. */
export interface PublishTarget {
  readonly context: HttpContext;
  readonly channel: string;
  readonly topic: string;
  /** The optional fields of each message, under the wire's names. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The beginning of error messages: `Cannot publish to "user:1"`. */
  readonly action: string;
}

/** Collects the optional fields of a message. */
export function messageFields(
  { runId, fnId, fnSlug, metadata }: PublishOptions,
  reply_topic: string | undefined,
): PublishTarget["fields"] {
  return { run_id: runId, fn_id: fnId, fn_slug: fnSlug, reply_topic, metadata };
}
