import type { Lab } from "../lab.ts";
import { emptyResults, type Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime, rivals } from "./lanes.ts";
import { perDelivery } from "./rounds.ts";
import { nats, socketIo } from "../peers/mod.ts";

const CHANNELS = 10_000;
const PUBLISHING = { publishers: 8, bytes: 250 } as const;
/** Connecting so many takes longer than measuring, so there are fewer rounds. */
const MOST_ROUNDS = 3;

/** Scenario 3: 10,000 channels of one subscriber each, messages spread over them. */
export async function channels(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      bareLane(runtime),
    ]),
    ...rivals(lab).filter(({ peer }) => peer === nats || peer === socketIo),
  ];
  const results = emptyResults(lanes);
  const { rounds, warmUp } = lab.effort;
  for (let round = 0; round < Math.min(rounds, MOST_ROUNDS); round++) {
    for (const [index, lane] of lanes.entries()) {
      // One lane at a time, as a process may not have more files open than one lane needs.
      const audience = { count: CHANNELS, channels: CHANNELS };
      if (!await lab.subscribe(lane, audience)) continue;
      await lab.publish(lane, { ...PUBLISHING, seconds: warmUp });
      const measured = await lab.publish(lane, PUBLISHING);
      results[index]?.samples.push(perDelivery(measured));
      await lab.close(lane);
    }
  }
  return [{
    id: "3",
    title:
      "10,000 channels of one subscriber each, 8 publishers at once, messages of 250 bytes",
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results,
  }];
}
