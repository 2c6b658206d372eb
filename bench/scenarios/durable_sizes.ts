import type { Lab, Lane } from "../lab.ts";
import { brokerName } from "../peers/brokers.ts";
import { emptyResults, type Section } from "../results.ts";
import { startCallers } from "./durable_acks.ts";

/** How many messages each server stores: fewer a channel than any of them keeps. */
const CHANNELS = 256;
const PER_CHANNEL = 200;
const BYTES = 250;
/** More time than the slowest one needs. */
const MOST_SECONDS = 60;

/** The id of the section. */
export const SIZES_ID = "durable-sizes";

/** Measures the memory and the files of new servers after the same number of messages. There is one round, as both hardly vary. */
export async function measureSizes(
  lab: Lab,
  lanes: readonly Lane[],
): Promise<Section> {
  const results = emptyResults(lanes);
  const memory = new Map<string, number>();
  for (const [index, lane] of lanes.entries()) {
    await using callers = await startCallers(lab, lane);
    const server = await lab.server(lane.peer);
    if (!callers || !server) continue;
    const before = server.fileBytes?.();
    const { published } = await callers.publish({
      callers: CHANNELS,
      channels: CHANNELS,
      bytes: BYTES,
      seconds: MOST_SECONDS,
      most: PER_CHANNEL,
    });
    await lab.rest(lane);
    const rss = await server.residentBytes();
    memory.set(lane.name, rss);
    const { runtime } = lane.peer;
    const beside = runtime &&
      memory.get(brokerName(runtime, "memory broker"));
    const after = server.fileBytes?.();
    results[index]?.samples.push({
      rss,
      ...(beside === undefined ? {} : { rssOver: rss - beside }),
      ...(before === undefined || after === undefined
        ? {}
        : { fileBytes: (after - before) / published }),
    });
    await lab.clear();
  }
  return {
    id: SIZES_ID,
    title: `Durable: memory and files after ${
      (CHANNELS * PER_CHANNEL).toLocaleString("en")
    } messages of ${BYTES} bytes in ${CHANNELS} channels`,
    metrics: ["rss", "rssOver", "fileBytes"],
    results,
  };
}
