import { abortedError } from "../http/aborted.ts";
import { type Duration, toMs } from "../protocol/duration.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { callAfter } from "../time/call_after.ts";
import type { WaitForReplyOptions } from "../types/app.ts";

/** How long to wait for a reply by default: as long as a gateway keeps the question by default. */
export const REPLY_TIMEOUT: Duration = "5m";

/**
 * Does work that waits for a reply, until its time is over or its caller aborts it.
 *
 * @param action The beginning of the error's message: `Cannot ask "approvals:1"`.
 * @throws {RealtimeError} `timeout` or `aborted`; otherwise what the work throws.
 */
export async function withReplyDeadline<T>(
  action: string,
  { timeout = REPLY_TIMEOUT, signal }: WaitForReplyOptions,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  const ms = toMs(`${action}: "timeout"`, timeout);
  const cancel = callAfter(ms, () => {
    const time = typeof timeout === "number" ? `${timeout}s` : timeout;
    const reason = `${action}: no reply came within ${time}`;
    ending.abort(new RealtimeError("timeout", reason));
  });
  const abort = (): void => ending.abort(abortedError(action, signal));
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  try {
    ending.signal.throwIfAborted();
    return await work(ending.signal);
  } catch (error) {
    // The timeout or the abort is the cause of whatever failed after it.
    throw ending.signal.aborted ? ending.signal.reason : error;
  } finally {
    cancel();
    signal?.removeEventListener("abort", abort);
  }
}
