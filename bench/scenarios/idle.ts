import type { Lab } from "../lab.ts";
import { emptyResults, type Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime } from "./lanes.ts";
import { latencies, measureRounds } from "./rounds.ts";

const AUDIENCE = { count: 1 } as const;
const BYTES = 250;
/** Messages per second. */
const RATE = 100;
/** How often the servers start anew: one process is slower than another one for as long as it lives. */
const PROCESSES = 3;
/** The number of publishers that warm a server up, as fast as they can: a hundred messages a second would leave its code cold for minutes. */
const WARMING = 8;

/** Scenario "idle": latency of one publisher and one subscriber at 100 messages a second. */
export async function idle(lab: Lab): Promise<Section[]> {
  const lanes = perRuntime(lab, (runtime) => [
    gatewayLane(runtime, "tidings.v1"),
    bareLane(runtime),
  ]);
  const results = emptyResults(lanes);
  for (let process = 0; process < PROCESSES; process++) {
    await lab.clear();
    for (const lane of await lab.open(lanes, AUDIENCE)) {
      await lab.publish(lane, {
        publishers: WARMING,
        bytes: BYTES,
        seconds: lab.effort.warmUp,
      });
    }
    const measured = await measureRounds(
      lab,
      lanes,
      { publishers: 1, bytes: BYTES, rate: RATE, isSpaced: true },
      latencies,
    );
    for (const [index, { samples }] of measured.entries()) {
      results[index]?.samples.push(...samples);
    }
  }
  return [{
    id: "idle",
    title:
      `Idle: one subscriber, one publisher, ${RATE} messages a second of ${BYTES} bytes`,
    metrics: ["p50Ms", "p99Ms"],
    results,
  }];
}
