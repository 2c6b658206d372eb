import { Histogram, type Registry } from "prom-client";
import type { Durations } from "../events/durations.ts";

/** A row of a histogram, as prom-client writes it. */
interface HistogramRow {
  readonly metricName: string;
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** A histogram of durations that are counted elsewhere, because prom-client's own takes a microsecond for each. */
export class CountedHistogram extends Histogram {
  readonly #name: string;
  readonly #help: string;
  readonly #durations: Durations;

  constructor(
    registry: Registry,
    name: string,
    help: string,
    durations: Durations,
  ) {
    super({ name, help, registers: [registry], buckets: [] });
    this.#name = name;
    this.#help = help;
    this.#durations = durations;
  }

  /** The registry writes what this returns. prom-client's types don't list the method. */
  getForPromString(): Promise<
    { name: string; help: string; type: "histogram"; values: HistogramRow[] }
  > {
    const name = this.#name;
    const { bounds, counts, count, sum } = this.#durations;
    const bucket = `${name}_bucket`;
    let below = 0;
    const values: HistogramRow[] = bounds.map((le, index) => {
      below += counts[index] ?? 0;
      return { metricName: bucket, labels: { le }, value: below };
    });
    values.push(
      { metricName: bucket, labels: { le: "+Inf" }, value: count },
      { metricName: `${name}_sum`, labels: {}, value: sum },
      { metricName: `${name}_count`, labels: {}, value: count },
    );
    return Promise.resolve({
      name,
      help: this.#help,
      type: "histogram",
      values,
    });
  }
}
