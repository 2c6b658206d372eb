import type { Lab, Lane } from "../lab.ts";
import { countingUs } from "../counting/counting_us.ts";
import {
  medianOf,
  type Metric,
  type Result,
  type Section,
} from "../results.ts";
import { floor, nats, type Peer, socketIo } from "../peers/mod.ts";
import {
  bareLane,
  bareName,
  BEFORE,
  gatewayLane,
  perRuntime,
  rivals,
} from "./lanes.ts";
import { latencies, measureRounds, perDelivery } from "./rounds.ts";

const SUBSCRIBERS = 1000;
/** The number of publishers in scenario 1. */
const AT_ONCE = 8;
/** The largest number of publishers. */
const MANY = 64;
const AUDIENCE = { count: SUBSCRIBERS } as const;
const BYTES = 250;
const METRICS: readonly Metric[] = ["cpuUs", "perSecond", "loadPercent"];
/** The number of publishers when latency is measured. */
const PACED = 8;
/** How many times longer latency is measured than throughput: at 100 messages a second a single late one is the p99. */
const PACED_TIMES = 4;

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
  const fewer = (peers: readonly Peer[]) =>
    lab.before === undefined
      ? lanes.filter((lane) => isNeeded(lane, peers))
      : lanes;
  const sections: Section[] = [];
  const counts = [
    ...(names.includes("1") ? [AT_ONCE] : []),
    ...(names.includes("2") ? [1, MANY] : []),
  ];
  for (const publishers of counts) {
    const isMany = publishers === MANY;
    const results = await measureRounds(
      lab,
      isMany ? fewer([socketIo, nats, floor]) : lanes,
      { publishers, bytes: BYTES },
      perDelivery,
      {
        audience: AUDIENCE,
        isWarm: sections.length > 0,
        isContext: isMany,
      },
    );
    const isFirst = publishers === AT_ONCE;
    if (isFirst) await addCounting(lab, results);
    sections.push({
      id: isFirst ? "1" : `2-${publishers}`,
      title: `Fan-out: 1,000 subscribers, ${publishers} publisher${
        publishers > 1 ? "s at once" : ""
      }, messages of ${BYTES} bytes`,
      metrics: isFirst ? [...METRICS, "countingPercent"] : METRICS,
      results,
    });
  }
  if (!names.includes("2")) return sections;
  const peaks = sections.find(({ id }) => id === "2-1")?.results ?? [];
  sections.push(
    await halfPeak(lab, fewer([socketIo, floor]), (lane) => {
      const name = lane.peer.runtime ? bareName(lane.peer.runtime) : lane.name;
      const bare = peaks.find(({ lane }) => lane === name);
      return (bare && medianOf(bare, "perSecond") || 0) / SUBSCRIBERS / 2;
    }),
  );
  return sections;
}

/** Whether a lane belongs to a measurement that would take long with all lanes: `v1`, bare servers and some of the others. */
function isNeeded({ subscriber, peer }: Lane, peers: readonly Peer[]): boolean {
  return peer.role === "bare" || subscriber === "tidings.v1" ||
    peers.includes(peer);
}

/** Adds how much of our gateways' CPU time counting takes. A message is counted once, however many get it. */
async function addCounting(
  lab: Lab,
  results: readonly Result[],
): Promise<void> {
  for (const { role, runtime, lane, samples } of results) {
    const isOurs = role === "gateway" && !lane.endsWith(BEFORE);
    if (!isOurs || runtime === undefined) continue;
    const us = await countingUs(lab.programs, runtime);
    for (const [index, sample] of samples.entries()) {
      const { cpuUs = NaN } = sample;
      const countingPercent = 100 * us / (cpuUs * SUBSCRIBERS);
      samples[index] = { ...sample, countingPercent };
    }
  }
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
      { audience: AUDIENCE, isWarm: true },
    ),
  };
}
