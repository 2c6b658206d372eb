import type { Lab, Lane } from "../lab.ts";
import { gateway } from "../peers/mod.ts";
import { emptyResults, type Section } from "../results.ts";
import { gatewayName, perRuntime } from "./lanes.ts";

const CLIENTS = 1000;
/** The number of messages that a log keeps by default. */
const MESSAGES = 1000;
const BYTES = 250;
/** The number of messages in a request that fills the log. */
const BATCH = 100;

/** Scenario 7: 1,000 clients reconnect at once, and each replays 1,000 messages. */
export async function resume(lab: Lab): Promise<Section[]> {
  const lanes = perRuntime(lab, (runtime): Lane[] => [{
    name: gatewayName(runtime, "v1"),
    peer: gateway(runtime),
    subscriber: "tidings.v1",
    publisher: "tidings batch",
  }]);
  const results = emptyResults(lanes);
  for (const lane of await lab.open(lanes, { count: 0 })) {
    await lab.publish(lane, {
      publishers: 1,
      perRequest: BATCH,
      bytes: BYTES,
      seconds: 0.5,
    });
  }
  const replay = { messages: MESSAGES, bytes: BYTES };
  for (let round = 0; round <= lab.effort.rounds; round++) {
    for (const [index, lane] of lanes.entries()) {
      const opened = await lab.subscribe(lane, { count: CLIENTS, replay });
      await lab.close(lane);
      if (!opened) continue;
      const { messages, seconds, serverMs, loadMs } = opened;
      if (messages !== CLIENTS * MESSAGES) {
        lab.breaches.push(`${lane.name}: ${messages} messages were replayed`);
      }
      if (round === 0) continue;
      results[index]?.samples.push({
        cpuUs: serverMs * 1000 / messages,
        perSecond: messages / seconds,
        loadPercent: loadMs / seconds / 10,
      });
    }
  }
  return [{
    id: "7",
    title: "1,000 clients reconnect at once, and each replays 1,000 messages",
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results,
  }];
}
