import type { Lab, Lane } from "../lab.ts";
import { medianOf, type Section } from "../results.ts";
import {
  bareLane,
  bareName,
  gatewayLane,
  perRuntime,
  rivals,
} from "./lanes.ts";
import { latencies, measureRounds, perDelivery } from "./rounds.ts";

const SUBSCRIBERS = 1000;
const AUDIENCE = { count: SUBSCRIBERS } as const;
const BYTES = 250;
/** The number of publishers when latency is measured. */
const PACED = 8;
/** How many times longer latency is measured than throughput: at 100 messages a second a single late one is the p99. */
const PACED_TIMES = 3;

/** Scenarios 1 and 2: 1,000 subscribers of one channel with 8, 1 and 64 publishers, and latency at half of the peak rate. */
export async function fanOut(
  lab: Lab,
  names: readonly string[],
): Promise<Section[]> {
  const lanes = await lab.open([
    ...perRuntime(lab, (runtime) => [
      gatewayLane(runtime, "tidings.v1"),
      gatewayLane(runtime, "tidings plain"),
      bareLane(runtime),
    ]),
    ...rivals(lab),
  ], AUDIENCE);
  const sections: Section[] = [];
  const counts = [
    ...(names.includes("1") ? [8] : []),
    ...(names.includes("2") ? [1, 64] : []),
  ];
  for (const publishers of counts) {
    sections.push({
      id: publishers === 8 ? "1" : `2-${publishers}`,
      title: `Fan-out: 1,000 subscribers, ${publishers} publisher${
        publishers > 1 ? "s at once" : ""
      }, messages of ${BYTES} bytes`,
      metrics: ["cpuUs", "perSecond", "loadPercent"],
      results: await measureRounds(
        lab,
        lanes,
        { publishers, bytes: BYTES },
        perDelivery,
        { audience: AUDIENCE },
      ),
    });
  }
  if (!names.includes("2")) return sections;
  const peaks = sections.find(({ id }) => id === "2-1")?.results ?? [];
  sections.push(
    await halfPeak(lab, lanes, (lane) => {
      const name = lane.peer.runtime ? bareName(lane.peer.runtime) : lane.name;
      const bare = peaks.find(({ lane }) => lane === name);
      return (bare && medianOf(bare, "perSecond") || 0) / SUBSCRIBERS / 2;
    }),
  );
  return sections;
}

async function halfPeak(
  lab: Lab,
  lanes: readonly Lane[],
  rateOf: (lane: Lane) => number,
): Promise<Section> {
  return {
    id: "2-latency",
    title:
      "Latency: 1,000 subscribers, at half the peak rate of the runtime's bare server with one publisher",
    metrics: ["p50Ms", "p99Ms", "loadPercent", "cpuUs"],
    results: await measureRounds(
      lab,
      lanes,
      (lane) => ({
        publishers: PACED,
        bytes: BYTES,
        rate: rateOf(lane),
        seconds: PACED_TIMES * lab.effort.seconds,
      }),
      (measured) => ({ ...perDelivery(measured), ...latencies(measured) }),
      { audience: AUDIENCE },
    ),
  };
}
