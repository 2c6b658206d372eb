import { MAX_KEY_TTL } from "../core/protocol/limits.ts";
import { property } from "./async_context.ts";

/** How many times Inngest runs a step whose function names no number of retries. */
export const DEFAULT_ATTEMPTS = 4;

/** Seconds that Inngest waits before each retry; before every further one as long as before the last. */
const DELAYS = [15, 30, 60, 120, 300, 600, 1200, 2400, 3600, 7200] as const;

/** Inngest adds a random time of up to this many seconds to each delay. */
const JITTER = 30;

/** Seconds that an attempt may take, with its time in Inngest's queue: the longest that most serverless platforms allow. */
const ATTEMPT = 300;

/** Returns how many times Inngest runs a step of a function at most. */
export function maxAttemptsOf(ctx: unknown, fn: unknown): number {
  const retries = property(property(fn, "opts"), "retries");
  const fallback = retries === undefined
    ? DEFAULT_ATTEMPTS
    : Number(retries) + 1;
  return Number(property(ctx, "maxAttempts") ?? fallback);
}

/**
 * Returns how many seconds may pass from the first message of a step to the end of its last attempt, by Inngest's own delays; at most a day.
 */
export function retryWindow(attempts: number): number {
  let seconds = ATTEMPT;
  for (let retry = 1; retry < attempts && seconds < MAX_KEY_TTL; retry++) {
    const delay = DELAYS[Math.min(retry, DELAYS.length) - 1] ?? 0;
    seconds += delay + JITTER + ATTEMPT;
  }
  return Math.min(seconds, MAX_KEY_TTL);
}
