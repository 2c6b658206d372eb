import type { Lab } from "../lab.ts";
import { emptyResults, type Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime, RIVALS } from "./lanes.ts";

const CONNECTIONS = 10_000;
/** Those that come first, so that what every server needs once is there. */
const FIRST = 500;
const MOST_ROUNDS = 2;
/** What is needed only to connect is given back by then. */
const SETTLE_MS = 2000;

/** Scenario 8: what 10,000 idle connections need. */
export async function memory(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(lab.runtimes, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      gatewayLane(runtime, "tidings plain"),
      bareLane(runtime),
    ]),
    ...RIVALS.filter(({ peer }) => peer.role !== "floor"),
  ];
  const results = emptyResults(lanes);
  for (
    let round = 0;
    round < Math.min(lab.effort.rounds, MOST_ROUNDS);
    round++
  ) {
    for (const [index, lane] of lanes.entries()) {
      if (!await lab.subscribe(lane, { count: FIRST })) continue;
      await lab.close(lane);
      const before = await lab.residentBytes(lane.peer);
      await lab.subscribe(lane, { count: CONNECTIONS });
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const after = await lab.residentBytes(lane.peer);
      results[index]?.samples.push({ bytes: (after - before) / CONNECTIONS });
      // A process that had so many once keeps some of their memory: each begins anew.
      await lab.clear();
    }
  }
  return [{
    id: "8",
    title: "10,000 idle connections",
    metrics: ["bytes"],
    results,
  }];
}
