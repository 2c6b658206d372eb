import type { Audience, Lab, Lane, Publishing } from "../lab.ts";
import type { Measured } from "../load/traffic.ts";
import { emptyResults, type Result, type Sample } from "../results.ts";

/** Returns the values of a measurement per delivery. */
export function perDelivery(measured: Measured): Sample {
  const { delivered, seconds, serverMs, loadMs } = measured;
  return {
    cpuUs: serverMs * 1000 / delivered,
    perSecond: delivered / seconds,
    loadPercent: loadMs / seconds / 10,
  };
}

/** Returns the values of a measurement per published message. */
export function perMessage(measured: Measured): Sample {
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
 * Returns lanes with their indexes in the order of a round. Each round begins with the next lane, so that each lane has each place. No lane
 * follows itself: a server still cleans up for a while after it was measured.
 */
export function inTurn<T>(
  lanes: readonly T[],
  round: number,
): Array<[index: number, lane: T]> {
  const order = [...lanes.entries()];
  // Of two lanes, one would follow itself.
  const first = lanes.length > 2 ? round % lanes.length : 0;
  return [...order.slice(first), ...order.slice(0, first)];
}

/** How many rounds a process serves. It can be a third slower than another one of the same program for as long as it lives. */
export const ROUNDS_PER_PROCESS = 5;

/** Options of {@linkcode measureRounds}. */
export interface RoundsOptions {
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
  { isSteady = false, audience }: RoundsOptions = {},
): Promise<Result[]> {
  const results = emptyResults(lanes);
  const of = (lane: Lane) =>
    typeof publishing === "function" ? publishing(lane) : publishing;
  const warmUp = async (lane: Lane) => {
    await lab.publish(lane, { ...of(lane), seconds: lab.effort.warmUp });
  };
  for (let round = 0; round < lab.effort.rounds; round++) {
    const isDue = round % ROUNDS_PER_PROCESS === 0;
    if (round > 0 && isDue && audience) {
      await lab.clear();
      await lab.open(lanes, audience);
    }
    if (round === 0 || isDue && audience) {
      for (const lane of lanes) await warmUp(lane);
    }
    for (const [index, lane] of inTurn(lanes, round)) {
      if (isSteady) await warmUp(lane);
      const measured = await lab.publish(lane, of(lane));
      results[index]?.samples.push(sampleOf(measured));
    }
  }
  return results;
}
