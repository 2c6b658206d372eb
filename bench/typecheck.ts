/**
 * Measures how much longer TypeScript takes for a program with 100 channels of 10 topics than for an empty one. Exits with 1 where that
 * is 2 s or more.
 *
 * @module
 */

import process from "node:process";
import { checkTypes } from "../tests/support/types/type_check.ts";
import { median } from "./support.ts";

const CHANNELS = 100;
const TOPICS = Array.from({ length: 10 }, (_, i) => i);
const RUNS = 5;
const LIMIT_MS = 2_000;

/** A program that defines the channels, publishes to each topic and subscribes to each channel. */
function programOf(channels: number): Record<string, string> {
  const files = Array.from({ length: channels }, (_, i) => [
    `bench/typecheck/channel${i}.ts`,
    `import { channel, createRealtime, getSubscriptionToken, subscribe, topic } from "@tidings/realtime";
export const channel${i} = channel((id: string) => \`channel${i}:\${id}\`)
  ${
      TOPICS.map((n) =>
        `.addTopic(topic("topic${n}").type<{ n${n}: number }>())`
      ).join("\n  ")
    };
export async function use(app: ReturnType<typeof createRealtime>): Promise<number> {
  const one = channel${i}("1");
  ${
      TOPICS.map((n) => `await app.publish(one.topic${n}({ n${n}: ${n} }));`)
        .join("\n  ")
    }
  const token = await getSubscriptionToken(app, { channel: one, topics: ["topic0", "topic1"] });
  let sum = 0;
  for await (const message of await subscribe(token)) {
    sum += message.topic === "topic0" ? message.data.n0 : message.data.n1;
  }
  return sum;
}`,
  ]);
  return Object.fromEntries([
    ...files,
    ["bench/typecheck/empty.ts", 'import "@tidings/realtime";'],
  ]);
}

function check(channels: number): number {
  const start = performance.now();
  const [problem] = checkTypes({ sources: programOf(channels) });
  if (problem) throw new Error(`${problem.file}: ${problem.message}`);
  return performance.now() - start;
}

// The first run reads the files from the disk.
check(CHANNELS);
const more: number[] = [];
for (let run = 0; run < RUNS; run++) more.push(check(CHANNELS) - check(0));
const ms = Math.round(median(more));
console.log(
  `${CHANNELS} channels of 10 topics: ${ms} ms more than none (median of ${RUNS}), limit ${LIMIT_MS} ms`,
);
process.exit(ms < LIMIT_MS ? 0 : 1);
