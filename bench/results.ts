import type { RuntimeName } from "../tests/support/process/programs.ts";
import type { Peer } from "./peers/mod.ts";
import { median } from "./support.ts";

/** A unit that a table can have a column for. */
export type Metric =
  /** Server CPU for one of what the scenario counts, in microseconds. */
  | "cpuUs"
  /** CPU of a client for a message, in microseconds. */
  | "clientUs"
  /** What the scenario counts, in a second. */
  | "perSecond"
  | "p50Ms"
  | "p99Ms"
  /** Bytes that a connection adds to the server's memory. */
  | "bytes"
  /** Share of a core that the load generator needed, in percent. */
  | "loadPercent";

/** What was measured once. */
export type Sample = Readonly<Partial<Record<Metric, number>>>;

/** What a lane of a scenario gave, in all rounds. */
export interface Result {
  readonly lane: string;
  readonly role: Peer["role"];
  readonly runtime: RuntimeName | undefined;
  readonly samples: Sample[];
}

/** A table of results: a scenario, or one of its variants. */
export interface Section {
  /** The scenario's number and, after a dash, the variant. */
  readonly id: string;
  readonly title: string;
  readonly metrics: readonly Metric[];
  readonly results: readonly Result[];
}

/** The middle of what was measured; `undefined` where nothing was. */
export function medianOf(
  { samples }: Result,
  metric: Metric,
): number | undefined {
  const values = samples.map((sample) => sample[metric])
    .filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/**
 * How many times as much one result has as another: the middle of the rounds' ratios, as what is measured within one
 * round has the same machine, which is now faster, now slower. `undefined` where either has nothing.
 */
export function ratioOf(
  result: Result,
  other: Result,
  metric: Metric,
): number | undefined {
  const ratios = result.samples.flatMap((sample, round) => {
    const value = sample[metric];
    const reference = other.samples[round]?.[metric];
    return value === undefined || !reference ? [] : [value / reference];
  });
  return ratios.length === 0 ? undefined : median(ratios);
}

/** The results in the order of their peers, with one empty list of samples each. */
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
