import type { Lab, Lane } from "../lab.ts";
import { brokerName } from "../peers/brokers.ts";
import { emptyResults, type Sample, type Section } from "../results.ts";
import { startCallers } from "./durable_acks.ts";

/** How many messages each server stores at a time: twice as many a channel are fewer than any of them keeps. */
const CHANNELS = 256;
const PER_CHANNEL = 50;
const BYTES = 250;
/** More time than the slowest one needs. */
const MOST_SECONDS = 60;

/** The id of the section, and the beginning of its title. */
export const SIZES_ID = "durable-sizes";
export const SIZES_TITLE = "Durable: memory and files";

/**
 * Measures the memory of new servers after the same number of messages, and how much the second half of them adds to their files: the first
 * half brings a write-ahead log to its size. There is one round, as both hardly vary.
 */
export async function measureSizes(
  lab: Lab,
  lanes: readonly Lane[],
): Promise<Section> {
  const results = emptyResults(lanes);
  const memory = new Map<string, number>();
  for (const [index, lane] of lanes.entries()) {
    const sample = await measure(lab, lane);
    await lab.clear();
    const { rss } = sample;
    if (rss === undefined) continue;
    memory.set(lane.name, rss);
    const { runtime } = lane.peer;
    const beside = runtime && memory.get(brokerName(runtime, "memory broker"));
    const rssOver = beside === undefined ? {} : { rssOver: rss - beside };
    results[index]?.samples.push({ ...sample, ...rssOver });
  }
  return {
    id: SIZES_ID,
    title: `${SIZES_TITLE} after ${
      (2 * CHANNELS * PER_CHANNEL).toLocaleString("en")
    } messages of ${BYTES} bytes in ${CHANNELS} channels`,
    metrics: ["rss", "rssOver", "fileBytes"],
    results,
  };
}

async function measure(lab: Lab, lane: Lane): Promise<Sample> {
  await using callers = await startCallers(lab, lane);
  const server = await lab.server(lane.peer);
  if (!callers || !server) return {};
  const fill = async () => {
    const { published } = await callers.publish({
      callers: CHANNELS,
      channels: CHANNELS,
      bytes: BYTES,
      seconds: MOST_SECONDS,
      most: PER_CHANNEL,
    });
    await lab.rest(lane);
    return published;
  };
  await fill();
  const before = server.fileBytes?.();
  const published = await fill();
  const after = server.fileBytes?.();
  const rss = await server.residentBytes();
  return before === undefined || after === undefined
    ? { rss }
    : { rss, fileBytes: (after - before) / published };
}
