/** The middle one of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new RangeError("No values, no median");
  return middle;
}

/** Milliseconds as text, in whole ones. */
export function ms(value: number): string {
  return `${Math.round(value).toLocaleString("en")} ms`;
}
