import type { Lab } from "../lab.ts";
import { emptyResults, type Section } from "../results.ts";
import { bareLane, gatewayLane, perRuntime, rivals } from "./lanes.ts";
import { Turns } from "./rounds.ts";

const CONNECTIONS = 10_000;
/** Connections before the measurement, after which a server has allocated what it needs only once. */
const FIRST = 500;
const MOST_ROUNDS = 2;
const MOST_ROUNDS_COMPARING = 5;
/** How long a server needs to free the memory that connecting took. */
const SETTLE_MS = 2000;

/** Scenario 8: the memory of 10,000 idle connections. */
export async function memory(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      bareLane(runtime),
    ]),
    ...rivals(lab).filter(({ peer }) => peer.role !== "floor"),
  ];
  const results = emptyResults(lanes);
  const turns = new Turns(lanes);
  const { rounds } = lab.effort;
  const most = lab.before === undefined ? MOST_ROUNDS : MOST_ROUNDS_COMPARING;
  for (let round = 0; round < Math.min(rounds, most); round++) {
    for (const [index, lane] of turns.next()) {
      // No target depends on the memory of other servers, which hardly varies.
      if (round > 0 && lane.peer.role === "rival") continue;
      if (!await lab.subscribe(lane, { count: FIRST })) continue;
      await lab.close(lane);
      const before = await lab.residentBytes(lane.peer);
      await lab.subscribe(lane, { count: CONNECTIONS });
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
      const after = await lab.residentBytes(lane.peer);
      results[index]?.samples.push({ bytes: (after - before) / CONNECTIONS });
      // A process keeps some of the memory of its connections, so each lane gets a new one.
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
