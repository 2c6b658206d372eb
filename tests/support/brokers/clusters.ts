import { RedisBroker } from "../../../server/brokers/redis.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import { redisPath } from "../requirements.ts";
import { startRedis } from "./redis.ts";
import { shareBroker } from "./shared_broker.ts";

/** A place where several gateways share their logs. */
export interface Cluster {
  /** Creates a broker for one more gateway. */
  readonly broker: () => Broker;
  readonly close: () => Promise<void>;
}

function startMemory(): Promise<Cluster> {
  const memory = new MemoryBroker();
  const close = () => memory.close();
  return Promise.resolve({ broker: shareBroker(memory), close });
}

async function startOnRedis(): Promise<Cluster> {
  const { url, kill } = await startRedis();
  return { broker: () => new RedisBroker({ url }), close: kill };
}

/** A way to start a cluster for each broker that this machine has. */
export const CLUSTERS: ReadonlyArray<
  readonly [name: string, start: () => Promise<Cluster>]
> = [
  ["memory", startMemory],
  ...redisPath() === undefined ? [] : [["redis", startOnRedis] as const],
];
