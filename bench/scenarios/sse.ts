import type { Lab } from "../lab.ts";
import type { Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime } from "./lanes.ts";
import { measureRounds, perDelivery } from "./rounds.ts";

/** Scenario 10: fan-out on Server-Sent Events. */
export async function sse(lab: Lab): Promise<Section[]> {
  const lanes = await lab.open(
    perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings sse"),
      { ...bareLane(runtime), subscriber: "bare sse" },
    ]),
    { count: 1000 },
  );
  return [{
    id: "10",
    title:
      "Server-Sent Events: 1,000 subscribers, 8 publishers at once, messages of 250 bytes",
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results: await measureRounds(
      lab,
      lanes,
      { publishers: 8, bytes: 250 },
      perDelivery,
      { isContext: true },
    ),
  }];
}
