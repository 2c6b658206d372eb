import type { Latencies } from "./client_protocol.ts";

/** Collects latencies and calculates percentiles. */
export class LatencyRecorder {
  #values: number[] = [];

  /** Adds a latency. */
  add(ms: number): void {
    this.#values.push(ms);
  }

  /** Returns the percentiles of the latencies since the last call. */
  take(): Latencies {
    const sorted = Float64Array.from(this.#values).sort();
    this.#values = [];
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ??
        0;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
  }
}
