import { RedisBroker } from "../../../server/brokers/redis.ts";
import {
  MemoryBroker,
  type MemoryBrokerOptions,
} from "../../../server/brokers/memory.ts";
import type { GatewayOptions } from "../../../server/mod.ts";
import { startRedis } from "../brokers/redis.ts";
import { shareBroker } from "../brokers/shared_broker.ts";
import { redisPath } from "../requirements.ts";
import { startGateway, type TestGateway } from "./gateway.ts";

/** Two gateways on one broker. */
export interface GatewayPair {
  readonly a: TestGateway;
  readonly b: TestGateway;
  close(): Promise<void>;
}

/** The brokers with which a pair can be started on this machine. */
export const PAIR_BROKERS: readonly string[] = redisPath() === undefined
  ? ["memory"]
  : ["memory", "redis"];

/** Starts two gateways on one broker, which is a Redis server of their own or memory. */
export async function startPair(
  name: string,
  options: Partial<GatewayOptions> = {},
  brokerOptions: Pick<MemoryBrokerOptions, "historySize" | "keyTtl"> = {},
): Promise<GatewayPair> {
  const redis = name === "redis" ? await startRedis() : undefined;
  const memory = new MemoryBroker(brokerOptions);
  const share = shareBroker(memory);
  const broker = () =>
    redis ? new RedisBroker({ url: redis.url, ...brokerOptions }) : share();
  const start = () => startGateway({ ...options, broker: broker() });
  const [a, b] = await Promise.all([start(), start()]);
  async function close(): Promise<void> {
    await Promise.all([a.close(), b.close()]);
    await memory.close();
    await redis?.kill();
  }
  return { a, b, close };
}
