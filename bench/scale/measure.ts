import process from "node:process";
import type { LogListener, NewMessage } from "../../server/brokers/broker.ts";
import { RedisBroker } from "../../server/brokers/redis.ts";
import { startRedis } from "../../tests/support/brokers/redis.ts";
import { until } from "../../tests/support/until.ts";
import { cpuMs } from "../../tests/support/process/child.ts";
import { median } from "../support.ts";
import type { Costs } from "./model.ts";

/** What is measured here; the rest is what `deno task bench` says. */
export type RedisCosts = Pick<
  Costs,
  "askUs" | "receiveUs" | "redisUs" | "followerUs"
>;

/** CPU for a message, in microseconds. */
interface Cpu {
  readonly ownUs: number;
  readonly redisUs: number;
}

const CHANNELS = 32;
const FEW = 1;
const MANY = 24;
const ROUNDS = 3;
const MESSAGE: NewMessage = {
  topic: "t",
  kind: "data",
  head: `{"data":"${"x".repeat(250)}"`,
};

/** Counts what it is told. */
class Counter implements LogListener {
  count = 0;

  entry(): void {
    this.count++;
  }

  moved(): void {}
}

/** Publishes to channels that so many brokers follow, as fast as they answer. */
async function publish(followers: number, seconds: number): Promise<Cpu> {
  await using redis = await startRedis();
  const info = String(await redis.command("INFO", "server"));
  const pid = Number(/process_id:(\d+)/.exec(info)?.[1]);
  const brokers = Array.from(
    { length: followers },
    () => new RedisBroker({ url: redis.url }),
  );
  const publisher = new RedisBroker({ url: redis.url });
  const channels = Array.from({ length: CHANNELS }, (_, i) => `scale-${i}`);
  const listeners = brokers.map(() => new Counter());
  try {
    for (const [i, broker] of brokers.entries()) {
      const listener = listeners[i];
      for (const channel of channels) {
        if (listener) await broker.subscribe(channel, listener);
      }
    }
    let published = 0;
    const run = async (ms: number): Promise<number> => {
      const before = published;
      const end = performance.now() + ms;
      await Promise.all(channels.map(async (channel) => {
        while (performance.now() < end) {
          await publisher.publish(channel, [MESSAGE]);
          published++;
        }
      }));
      await until(() => listeners.every(({ count }) => count >= published));
      return published - before;
    };
    await run(1_000);
    const redisMs = cpuMs(pid);
    const own = process.cpuUsage();
    const count = await run(seconds * 1_000);
    const { user, system } = process.cpuUsage(own);
    return {
      ownUs: (user + system) / count,
      redisUs: (cpuMs(pid) - redisMs) * 1_000 / count,
    };
  } finally {
    await Promise.all([publisher, ...brokers].map((one) => one.close()));
  }
}

/** Measures what a publish through Redis costs, and each gateway that follows. */
export async function measureRedis(seconds = 2): Promise<RedisCosts> {
  const few: Cpu[] = [];
  const many: Cpu[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    few.push(await publish(FEW, seconds));
    many.push(await publish(MANY, seconds));
  }
  const of = (samples: readonly Cpu[], name: keyof Cpu): number =>
    median(samples.map((sample) => sample[name]));
  const slope = (name: keyof Cpu): number =>
    (of(many, name) - of(few, name)) / (MANY - FEW);
  return {
    askUs: of(few, "ownUs") - FEW * slope("ownUs"),
    receiveUs: slope("ownUs"),
    redisUs: of(few, "redisUs") - FEW * slope("redisUs"),
    followerUs: slope("redisUs"),
  };
}
