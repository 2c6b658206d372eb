/** Counts durations by how long they were, for a histogram. */
export class Durations {
  /** The upper bounds of the buckets, in seconds. Longer durations are in none of them. */
  readonly bounds: readonly number[];
  /** How many durations were in each bucket but in none before it. */
  readonly counts: number[];
  /** How many there were. */
  count = 0;
  /** All of them together, in seconds. */
  sum = 0;

  /** @param bounds In ascending order. */
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
    this.counts = bounds.map(() => 0);
  }

  /** Counts a duration in seconds. */
  add(seconds: number): void {
    this.count++;
    this.sum += seconds;
    const { bounds, counts } = this;
    // Most durations are in the first buckets, so a search from the middle would be slower.
    for (let i = 0; i < bounds.length; i++) {
      if (seconds > (bounds[i] ?? Infinity)) continue;
      counts[i] = (counts[i] ?? 0) + 1;
      return;
    }
  }
}
