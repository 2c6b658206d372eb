const SHORTEST_MS = 250;
const LONGEST_MS = 20_000;
const LONGEST_ASKED_MS = 300_000;

/** The bounds of the pauses between attempts, in milliseconds. */
export interface BackoffBounds {
  /** @default {250} */
  readonly reconnectMinMs?: number | undefined;
  /** @default {20000} */
  readonly reconnectMaxMs?: number | undefined;
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
  { reconnectMinMs = SHORTEST_MS, reconnectMaxMs = LONGEST_MS }: BackoffBounds =
    {},
  random: () => number = Math.random,
): number {
  const limit = Math.min(reconnectMaxMs, 2 * reconnectMinMs * 2 ** attempt);
  return Math.min(
    reconnectMaxMs,
    reconnectMinMs + random() * (limit - reconnectMinMs),
  );
}

/**
 * Bounds a time that a gateway asks for, to at least 250 ms and at most 5 minutes: clients that came back without a pause would spin, and
 * so does a timer of over 2^31 ms.
 */
export function bounded(ms: number): number {
  return Math.min(Math.max(ms, SHORTEST_MS), LONGEST_ASKED_MS);
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
