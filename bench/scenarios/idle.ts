import type { Lab } from "../lab.ts";
import { centrifugo } from "../peers/mod.ts";
import { emptyResults, type Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime, rivals } from "./lanes.ts";
import { latencies, measureRounds } from "./rounds.ts";

const AUDIENCE = { count: 1 } as const;
const BYTES = 250;
/** Messages per second. */
const RATE = 100;
/** Messages of one measurement. All rounds together have enough of them for a p99. */
const MESSAGES = 80;
/** How often the servers start anew: one process is slower than another one for as long as it lives. */
const PROCESSES = 3;
/** The number of publishers that warm a server up, as fast as they can: a hundred messages a second would leave its code cold for minutes. */
const WARMING = 8;

/** Scenario "idle": latency with one publisher and one subscriber, at 100 messages a second. */
export async function idle(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      bareLane(runtime),
    ]),
    ...rivals(lab).filter(({ peer }) => peer === centrifugo),
  ];
  const results = emptyResults(lanes);
  for (let process = 0; process < PROCESSES; process++) {
    await lab.clear();
    const open = await lab.open(lanes, AUDIENCE);
    for (const lane of open) {
      await lab.publish(lane, {
        publishers: WARMING,
        bytes: BYTES,
        seconds: lab.effort.warmUp,
      });
    }
    const measured = await measureRounds(
      lab,
      open,
      {
        publishers: 1,
        bytes: BYTES,
        rate: RATE,
        seconds: MESSAGES / RATE,
        isSpaced: true,
      },
      latencies,
      { isWarm: true },
    );
    for (const { lane, samples } of measured) {
      results.find((result) => result.lane === lane)?.samples.push(...samples);
    }
  }
  return [{
    id: "idle",
    title:
      `Idle: one subscriber, one publisher, ${RATE} messages a second of ${BYTES} bytes`,
    metrics: ["p50Ms", "p99Ms"],
    results: results.filter(({ samples }) => samples.length > 0),
  }];
}
