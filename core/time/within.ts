import { pause } from "./backoff.ts";

/** Waits for a promise that never rejects, but at most for `ms` milliseconds. */
export async function within(
  ms: number,
  promise: Promise<unknown>,
): Promise<void> {
  const over = new AbortController();
  await Promise.race([promise, pause(ms, over.signal)]);
  over.abort();
}
