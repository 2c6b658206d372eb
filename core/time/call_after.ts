/** The longest time that a timer of any runtime can have, in milliseconds: 24.8 days. One of a longer time fires at once. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Calls a function once, after a time of any length; never for `Infinity`.
 *
 * @returns A function that cancels the call.
 */
export function callAfter(ms: number, action: () => void): () => void {
  const end = performance.now() + ms;
  let timer: ReturnType<typeof setTimeout> | undefined;
  function wait(): void {
    const left = end - performance.now();
    timer = left > LONGEST_MS
      ? setTimeout(wait, LONGEST_MS)
      : setTimeout(action, left);
  }
  wait();
  return () => clearTimeout(timer);
}
