import type { Lab, Lane } from "../lab.ts";
import type { Opened } from "../load/commands.ts";
import { bareVerifying } from "../peers/mod.ts";
import { emptyResults, type Sample, type Section } from "../results.ts";
import { gatewayLane, perRuntime } from "./lanes.ts";
import { ROUNDS_PER_PROCESS, Turns } from "./rounds.ts";

const CONNECTIONS = 5000;

/** Scenario 6: 5,000 connections at once, each with a token to verify. */
export async function connect(lab: Lab): Promise<Section[]> {
  const lanes = perRuntime(lab, (runtime): Lane[] => {
    const peer = bareVerifying(runtime);
    return [
      gatewayLane(runtime, "tidings.v1"),
      gatewayLane(runtime, "tidings plain"),
      { name: peer.name, peer, subscriber: "bare", publisher: "bare" },
    ];
  });
  const results = emptyResults(lanes);
  const turns = new Turns(lanes);
  const connectAll = async (lane: Lane) => {
    const opened = await lab.subscribe(lane, { count: CONNECTIONS });
    await lab.close(lane);
    // It takes a server as long to end the connections as to open them.
    await lab.rest(lane);
    return opened;
  };
  for (let round = 0; round < lab.effort.rounds; round++) {
    if (round % ROUNDS_PER_PROCESS === 0) {
      await lab.clear();
      // The first connections compile the code.
      for (const lane of lanes) await connectAll(lane);
    }
    for (const [index, lane] of turns.next()) {
      const opened = await connectAll(lane);
      if (opened) results[index]?.samples.push(perOne(opened));
    }
  }
  return [{
    id: "6",
    title: "5,000 connections, each with a token to verify",
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results,
  }];
}

function perOne({ seconds, serverMs, loadMs }: Opened): Sample {
  return {
    cpuUs: serverMs * 1000 / CONNECTIONS,
    perSecond: CONNECTIONS / seconds,
    loadPercent: loadMs / seconds / 10,
  };
}
