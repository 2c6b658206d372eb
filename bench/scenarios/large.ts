import type { Lab } from "../lab.ts";
import { mosquitto } from "../peers/mod.ts";
import type { Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime, rivals } from "./lanes.ts";
import { measureRounds, perDelivery } from "./rounds.ts";

/** Scenario 4: 1,000 subscribers, messages of 16 KiB. */
export async function large(lab: Lab): Promise<Section[]> {
  const lanes = await lab.open([
    ...perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      bareLane(runtime),
    ]),
    // Mosquitto makes 2,000 such deliveries a second, and so its measurement would never end.
    ...rivals(lab).filter(({ peer }) => peer !== mosquitto),
  ], { count: 1000 });
  return [{
    id: "4",
    title: "1,000 subscribers, 8 publishers at once, messages of 16 KiB",
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results: await measureRounds(
      lab,
      lanes,
      { publishers: 8, bytes: 16 * 1024 },
      perDelivery,
      { isContext: true },
    ),
  }];
}
