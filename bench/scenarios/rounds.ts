import type { Audience, Lab, Lane, Publishing } from "../lab.ts";
import type { Arrived } from "../load/meter.ts";
import type { Measured } from "../load/traffic.ts";
import { emptyResults, type Result, type Sample } from "../results.ts";

/** Returns the values of a measurement per delivery. */
export function perDelivery(measured: Arrived): Sample {
  const { delivered, seconds, serverMs, loadMs } = measured;
  return {
    cpuUs: serverMs * 1000 / delivered,
    perSecond: delivered / seconds,
    loadPercent: loadMs / seconds / 10,
  };
}

/** Returns the values of a measurement per published message. */
export function perMessage(measured: Arrived): Sample {
  const { published, seconds, serverMs, loadMs } = measured;
  return {
    cpuUs: serverMs * 1000 / published,
    perSecond: published / seconds,
    loadPercent: loadMs / seconds / 10,
  };
}

/** Returns the latencies of a measurement. */
export function latencies({ p50, p99 }: Measured): Sample {
  return { p50Ms: p50, p99Ms: p99 };
}

/**
 * The rounds of a measurement, each in a random order, so that no lane gains from its place or from the one before it. No lane follows
 * itself: a server still cleans up for a while after it was measured.
 */
export class Turns<T> {
  readonly #lanes: ReadonlyArray<readonly [index: number, lane: T]>;
  #last: number | undefined;

  constructor(lanes: readonly T[]) {
    this.#lanes = [...lanes.entries()];
  }

  /** Returns the lanes with their indexes, in the order of the next round. */
  next(): ReadonlyArray<readonly [index: number, lane: T]> {
    const order = [...this.#lanes];
    for (let end = order.length - 1; end > 0; end--) {
      swap(order, end, Math.floor(Math.random() * (end + 1)));
    }
    if (order[0]?.[0] === this.#last) swap(order, 0, order.length - 1);
    this.#last = order.at(-1)?.[0];
    return order;
  }
}

function swap<T>(list: T[], a: number, b: number): void {
  const [first, second] = [list[a], list[b]];
  if (first === undefined || second === undefined) return;
  list[a] = second;
  list[b] = first;
}

/** How many rounds a process serves. It can be a third slower than another one of the same program for as long as it lives. */
export const ROUNDS_PER_PROCESS = 5;

/** The rounds of measurements that no target depends on. */
const CONTEXT_ROUNDS = 3;

/** Options of {@linkcode measureRounds}. */
export interface RoundsOptions {
  /** Whether the lanes were measured just before, so that their code is compiled. */
  readonly isWarm?: boolean;
  /** Whether no target depends on the results, so that fewer rounds are enough, unless two checkouts are compared. */
  readonly isContext?: boolean;
  /** Whether lanes warm up before each measurement, as V8 shrinks an idle heap. */
  readonly isSteady?: boolean;
  /** The subscribers of each lane, with whom servers start anew after some rounds; without it they stay. */
  readonly audience?: Audience;
}

/** Measures all lanes in turn, round by round, so that a slower machine affects all of them. */
export async function measureRounds(
  lab: Lab,
  lanes: readonly Lane[],
  publishing: Publishing | ((lane: Lane) => Publishing),
  sampleOf: (measured: Measured) => Sample,
  { isSteady, isWarm, isContext, audience }: RoundsOptions = {},
): Promise<Result[]> {
  const results = emptyResults(lanes);
  const turns = new Turns(lanes);
  const of = (lane: Lane) =>
    typeof publishing === "function" ? publishing(lane) : publishing;
  const { warmUp, rewarm } = lab.effort;
  const warm = async (seconds: number, ...lanes: readonly Lane[]) => {
    for (const lane of lanes) await lab.publish(lane, { ...of(lane), seconds });
  };
  await warm(isWarm ? rewarm : warmUp, ...lanes);
  const most = isContext && lab.before === undefined
    ? CONTEXT_ROUNDS
    : Infinity;
  const rounds = Math.min(lab.effort.rounds, most);
  for (let round = 0; round < rounds; round++) {
    if (audience && round > 0 && round % ROUNDS_PER_PROCESS === 0) {
      await lab.clear();
      await lab.open(lanes, audience);
      await warm(warmUp, ...lanes);
    }
    for (const [index, lane] of turns.next()) {
      if (isSteady) await warm(rewarm, lane);
      const measured = await lab.publish(lane, of(lane));
      results[index]?.samples.push(sampleOf(measured));
    }
  }
  return results;
}
