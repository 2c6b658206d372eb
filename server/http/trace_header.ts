import { readTrace } from "../../core/protocol/trace.ts";
import type { RequestHead } from "../runtimes/request_head.ts";

/** Returns the trace that a request belongs to; `undefined` without a valid `traceparent`. */
export function traceOf(
  head: Pick<RequestHead, "header">,
): string | undefined {
  return readTrace(head.header("traceparent"));
}
