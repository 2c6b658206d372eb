import type { RuntimeName } from "../tests/support/process/programs.ts";
import type { Peer } from "./peers/mod.ts";
import { median } from "./support.ts";

/** A column of a table. */
export type Metric =
  /** CPU time of the server for a delivery, message or connection, in microseconds. */
  | "cpuUs"
  /** CPU time of a client for a message, in microseconds. */
  | "clientUs"
  /** Deliveries, messages or connections per second. */
  | "perSecond"
  | "p50Ms"
  | "p99Ms"
  /** Bytes that a connection adds to the server's memory. */
  | "bytes"
  /** The server's resident memory in bytes, and by how many it exceeds that of our gateway with the memory broker. */
  | "rss"
  | "rssOver"
  /** Bytes that a message adds to the server's files. */
  | "fileBytes"
  /** The share of a core that the load generator used, in percent. */
  | "loadPercent"
  /** The share of the server's CPU time that counting for the metrics takes, in percent. */
  | "countingPercent";

/** The values of one measurement. */
export type Sample = Readonly<Partial<Record<Metric, number>>>;

/** The measurements of a lane in all rounds. */
export interface Result {
  readonly lane: string;
  readonly role: Peer["role"];
  readonly runtime: RuntimeName | undefined;
  readonly samples: Sample[];
}

/** A table of results, of a scenario or one of its variants. */
export interface Section {
  /** The scenario's number and, after a dash, the variant. */
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly results: readonly Result[];
}

/** Returns the median of a metric; `undefined` where it was not measured. */
export function medianOf(
  { samples }: Result,
  metric: Metric,
): number | undefined {
  const values = samples.map((sample) => sample[metric])
    .filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/**
 * Returns the ratio of two results: the median of the rounds' ratios, as the speed of a machine changes less within a round than between
 * rounds. `undefined` where one of them was not measured.
 */
export function ratioOf(
  result: Result,
  other: Result,
  metric: Metric,
): number | undefined {
  const ratios = ratiosOf(result, other, metric);
  return ratios.length === 0 ? undefined : median(ratios);
}

/**
 * Returns the interval in which the ratio of two results lies with 95 % certainty, from the ranks of the rounds' ratios. `undefined` where
 * there are too few rounds.
 */
export function ratioRange(
  result: Result,
  other: Result,
  metric: Metric,
): [from: number, to: number] | undefined {
  const ratios = ratiosOf(result, other, metric).sort((a, b) => a - b);
  // Of n values as many as a binomial distribution with p = 1/2 says are below the median: n/2, give or take the square root of n.
  const below = Math.floor(ratios.length / 2 - Math.sqrt(ratios.length));
  const from = ratios[below];
  const to = ratios[ratios.length - 1 - below];
  return below < 0 || from === undefined || to === undefined
    ? undefined
    : [from, to];
}

/** Returns the ratios of two results, one for each round. */
function ratiosOf(result: Result, other: Result, metric: Metric): number[] {
  return result.samples.flatMap((sample, round) => {
    const value = sample[metric];
    const reference = other.samples[round]?.[metric];
    return value === undefined || !reference ? [] : [value / reference];
  });
}

/** Returns a result without samples for each lane. */
export function emptyResults(
  lanes: ReadonlyArray<{ readonly name: string; readonly peer: Peer }>,
): Result[] {
  return lanes.map(({ name, peer }) => ({
    lane: name,
    role: peer.role,
    runtime: peer.runtime,
    samples: [],
  }));
}
