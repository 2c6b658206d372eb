import type { Lab, Lane, Publishing } from "../lab.ts";
import type { Measured } from "../load/traffic.ts";
import { emptyResults, type Result, type Sample } from "../results.ts";

/** What a measurement says of each delivery. */
export function perDelivery(measured: Measured): Sample {
  const { delivered, seconds, serverMs, loadMs } = measured;
  return {
    cpuUs: serverMs * 1000 / delivered,
    perSecond: delivered / seconds,
    loadPercent: loadMs / seconds / 10,
  };
}

/** What a measurement says of each message that was published. */
export function perMessage(measured: Measured): Sample {
  const { published, seconds, serverMs, loadMs } = measured;
  return {
    cpuUs: serverMs * 1000 / published,
    perSecond: published / seconds,
    loadPercent: loadMs / seconds / 10,
  };
}

/** What a measurement says of how long deliveries took. */
export function latencies({ p50, p99 }: Measured): Sample {
  return { p50Ms: p50, p99Ms: p99 };
}

/**
 * Measures every lane in every round, one after the other: what disturbs the machine disturbs all.
 *
 * @param isSteady Whether a lane is warmed up in each round anew: V8 makes its heap smaller while the others have their turn.
 */
export async function measureRounds(
  lab: Lab,
  lanes: readonly Lane[],
  publishing: Publishing | ((lane: Lane) => Publishing),
  sampleOf: (measured: Measured) => Sample,
  isSteady = false,
): Promise<Result[]> {
  const results = emptyResults(lanes);
  const of = (lane: Lane) =>
    typeof publishing === "function" ? publishing(lane) : publishing;
  const warmUp = async (lane: Lane) => {
    await lab.publish(lane, { ...of(lane), seconds: lab.effort.warmUp });
  };
  for (const lane of lanes) await warmUp(lane);
  for (let round = 0; round < lab.effort.rounds; round++) {
    for (const [index, lane] of lanes.entries()) {
      if (isSteady) await warmUp(lane);
      const measured = await lab.publish(lane, of(lane));
      results[index]?.samples.push(sampleOf(measured));
    }
  }
  return results;
}
