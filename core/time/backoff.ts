const SHORTEST_MS = 250;
const LONGEST_MS = 20_000;

/**
 * How long to wait before another attempt, in milliseconds: anywhere between 250 ms and a limit that doubles with each
 * attempt up to 20 s. Clients that lost their gateway together spread this way, they don't come back in step.
 *
 * @param attempt How many attempts failed before, from 0.
 * @param random Gives a number from 0 to 1.
 */
export function backoff(
  attempt: number,
  random: () => number = Math.random,
): number {
  const limit = Math.min(LONGEST_MS, 2 * SHORTEST_MS * 2 ** attempt);
  return SHORTEST_MS + random() * (limit - SHORTEST_MS);
}

/**
 * Waits.
 *
 * @param ms For how long.
 * @param signal Ends the wait early; that is no error, the caller looks at the signal.
 */
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
