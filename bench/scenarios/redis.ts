import type { Lab, Lane } from "../lab.ts";
import { socketIo } from "../peers/mod.ts";
import { gatewaysOnRedis, socketIoOnRedis } from "../peers/redis.ts";
import type { Section } from "../results.ts";
import { gatewayLane, perRuntime, rivals } from "./lanes.ts";
import { latencies, measureRounds, perDelivery, perMessage } from "./rounds.ts";

const BYTES = 250;
const SUBSCRIBERS = 500;
/** Channels with a subscriber and a publisher each. */
const CHANNELS = 32;
/** Messages per second when latency is measured. The slowest lane can keep up with this rate. */
const RATE = 500;
/** How many seconds latency is measured, which makes 500 messages a round. */
const PACED_S = 1;

/** Scenario redis: subscribers at one server and publishers at another, beside a single server without Redis. */
export async function redis(lab: Lab): Promise<Section[]> {
  const lanes = [
    ...perRuntime(lab, (runtime): Lane[] => {
      const peer = gatewaysOnRedis(runtime);
      const lane = gatewayLane(runtime, "tidings.v1");
      return [
        { ...lane, name: peer.name, peer },
        { ...lane, name: `${lane.peer.name}, memory` },
      ];
    }),
    {
      name: socketIoOnRedis.name,
      peer: socketIoOnRedis,
      subscriber: "socket.io",
      publisher: "socket.io",
    } as const,
    ...rivals(lab).filter(({ peer }) => peer === socketIo),
  ];
  const sections: Section[] = [];
  const one = await lab.open(lanes, { count: CHANNELS, channels: CHANNELS });
  sections.push({
    id: "redis-publish",
    title:
      `Redis: publishing to ${CHANNELS} channels with a subscriber each, ${CHANNELS} publishers; CPU of both servers and of Redis`,
    metrics: ["cpuUs", "perSecond", "loadPercent"],
    results: await measureRounds(
      lab,
      one,
      { publishers: CHANNELS, bytes: BYTES },
      perMessage,
      { isContext: true },
    ),
  });
  for (const lane of one) await lab.close(lane);
  const many = await lab.open(lanes, { count: SUBSCRIBERS });
  sections.push(
    {
      id: "redis-fan-out",
      title:
        `Redis: ${SUBSCRIBERS} subscribers of one channel, 8 publishers; CPU of both servers and of Redis`,
      metrics: ["cpuUs", "perSecond", "loadPercent"],
      results: await measureRounds(
        lab,
        many,
        { publishers: 8, bytes: BYTES },
        perDelivery,
        { isWarm: true, isContext: true },
      ),
    },
  );
  for (const lane of many) await lab.close(lane);
  const few = await lab.open(lanes, { count: CHANNELS, channels: CHANNELS });
  sections.push({
    id: "redis-latency",
    title:
      `Redis: publish to receive across two gateways, ${RATE} messages a second to ${CHANNELS} channels`,
    metrics: ["p99Ms", "p50Ms", "cpuUs"],
    results: await measureRounds(
      lab,
      few,
      { publishers: CHANNELS, bytes: BYTES, rate: RATE, seconds: PACED_S },
      (measured) => ({ ...perMessage(measured), ...latencies(measured) }),
      { isWarm: true, isContext: true },
    ),
  });
  return sections;
}
