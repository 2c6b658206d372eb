import { toMs } from "../protocol/duration.ts";
import type { SubscribeOptions } from "../types/subscribe.ts";

const LONGEST_ASKED_MS = 300_000;

/** The bounds of the pauses between attempts, in milliseconds. */
export interface BackoffBounds {
  readonly minMs: number;
  readonly maxMs: number;
}

/** The bounds that nobody changed. */
export const DEFAULT_BACKOFF: BackoffBounds = { minMs: 250, maxMs: 20_000 };

/**
 * Reads the bounds from the options of a subscription.
 *
 * @throws {RealtimeError} `invalid_argument` for something that is no duration.
 */
export function backoffBounds(
  { reconnectMin = "250ms", reconnectMax = "20s" }: Pick<
    SubscribeOptions<unknown>,
    "reconnectMin" | "reconnectMax"
  >,
): BackoffBounds {
  return {
    minMs: toMs('Cannot subscribe: "reconnectMin"', reconnectMin),
    maxMs: toMs('Cannot subscribe: "reconnectMax"', reconnectMax),
  };
}

/**
 * Returns the pause before another attempt, in milliseconds: a random time between the shortest and a limit that doubles with each attempt,
 * up to the longest. The randomness spreads the reconnects of clients that lost their gateway together.
 *
 * @param attempt The number of attempts that failed before.
 * @param random Returns a number from 0 to 1.
 */
export function backoff(
  attempt: number,
  { minMs, maxMs }: BackoffBounds = DEFAULT_BACKOFF,
  random: () => number = Math.random,
): number {
  const limit = Math.min(maxMs, 2 * minMs * 2 ** attempt);
  return Math.min(maxMs, minMs + random() * (limit - minMs));
}

/**
 * Bounds a time that a gateway asks for, to at least 250 ms and at most 5 minutes: clients that came back without a pause would spin, and
 * so does a timer of over 2^31 ms.
 */
export function bounded(ms: number): number {
  return Math.min(Math.max(ms, DEFAULT_BACKOFF.minMs), LONGEST_ASKED_MS);
}

/** Waits, until the time is over or the signal aborts. It never rejects. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end);
  });
}
