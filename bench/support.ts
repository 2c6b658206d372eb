/** Returns the median of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError("No values, no median");
  return middle;
}

/** Returns the 50th and the 99th percentile of times in milliseconds; 0 where there are none. */
export function percentiles(
  times: readonly number[],
): { readonly p50Ms: number; readonly p99Ms: number } {
  const sorted = Float64Array.from(times).sort();
  const at = (share: number) => sorted[Math.floor(share * sorted.length)] ?? 0;
  return { p50Ms: at(0.5), p99Ms: at(0.99) };
}
