/**
 * Measures the CPU that a publish through Redis costs, in a gateway and in Redis: of the publish itself, and of each gateway that follows
 * the channel.
 *
 * ```sh
 * deno task redis-bench
 * node bench/redis_costs.ts
 * ```
 *
 * @module
 */

import process from "node:process";
import type { LogListener, NewMessage } from "../server/brokers/broker.ts";
import { RedisBroker } from "../server/brokers/redis.ts";
import { startRedis } from "../tests/support/brokers/redis.ts";
import { formatRows } from "../tests/support/markdown.ts";
import { cpuMs } from "../tests/support/process/child.ts";
import { until } from "../tests/support/until.ts";
import { median } from "./support.ts";

/** CPU time per message, in microseconds. */
interface Cpu {
  readonly ownUs: number;
  readonly redisUs: number;
}

const CHANNELS = Array.from({ length: 32 }, (_, i) => `channel-${i}`);
/** Numbers of followers that are compared: the difference is what one follower costs. */
const FEW = 1;
const MANY = 24;
const ROUNDS = 3;
const SECONDS = 2;
const MESSAGE: NewMessage = {
  topic: "t",
  kind: "data",
  head: `{"data":"${"x".repeat(250)}"`,
};

/** Counts the messages of a channel. */
class Counter implements LogListener {
  count = 0;

  entry(): void {
    this.count++;
  }

  moved(): void {}
}

/** Publishes to all channels, each followed by some brokers, as fast as Redis answers. */
async function publish(followers: number): Promise<Cpu> {
  await using redis = await startRedis();
  const info = String(await redis.command("INFO", "server"));
  const pid = Number(/process_id:(\d+)/.exec(info)?.[1]);
  const publisher = new RedisBroker({ url: redis.url });
  const brokers = [publisher];
  const listeners: Counter[] = [];
  let published = 0;
  const run = async (ms: number): Promise<number> => {
    const before = published;
    const end = performance.now() + ms;
    await Promise.all(CHANNELS.map(async (channel) => {
      while (performance.now() < end) {
        await publisher.publish(channel, [MESSAGE]);
        published++;
      }
    }));
    await until(() => listeners.every(({ count }) => count >= published));
    return published - before;
  };
  try {
    for (let i = 0; i < followers; i++) {
      const broker = new RedisBroker({ url: redis.url });
      const listener = new Counter();
      brokers.push(broker);
      listeners.push(listener);
      for (const channel of CHANNELS) await broker.subscribe(channel, listener);
    }
    await run(1_000);
    const redisMs = cpuMs(pid);
    const own = process.cpuUsage();
    const count = await run(SECONDS * 1_000);
    const { user, system } = process.cpuUsage(own);
    return {
      ownUs: (user + system) / count,
      redisUs: (cpuMs(pid) - redisMs) * 1_000 / count,
    };
  } finally {
    await Promise.all(brokers.map((broker) => broker.close()));
  }
}

const few: Cpu[] = [];
const many: Cpu[] = [];
for (let round = 0; round < ROUNDS; round++) {
  few.push(await publish(FEW));
  many.push(await publish(MANY));
}

/** Returns a row: what a publish costs without followers, and what each follower adds. */
function rowOf(title: string, name: keyof Cpu): string[] {
  const [fewUs, manyUs] = [few, many].map((samples) =>
    median(samples.map((sample) => sample[name]))
  ) as [number, number];
  const followerUs = (manyUs - fewUs) / (MANY - FEW);
  return [title, (fewUs - FEW * followerUs).toFixed(1), followerUs.toFixed(1)];
}

console.log(formatRows([
  ["CPU, µs", "a publish", "each gateway that follows"],
  rowOf("gateway", "ownUs"),
  rowOf("Redis", "redisUs"),
]));
