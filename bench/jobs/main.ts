/**
 * A process with 64 jobs at once, each of which publishes its next message when the last one was acknowledged. It reads lines of JSON
 * that say how long to publish, and answers each with a line of JSON.
 *
 * ```sh
 * node bench/jobs/main.ts <target as JSON>
 * ```
 *
 * @module
 */

import process from "node:process";
import { pathToFileURL } from "node:url";
import { readLines } from "../../tests/support/process/lines.ts";
import { TOPIC } from "../../tests/support/topic.ts";
import { payload } from "../load/payload.ts";
import type { JobLoad, JobReport, JobTarget, JobWay } from "./ways.ts";

const JOBS = 64;

/** Publishes a message; resolves when it was acknowledged. */
type Publish = (channel: string, data: string) => Promise<unknown>;

async function ourClient(
  { url, signingKey, folder }: JobTarget,
): Promise<Publish> {
  const { createRealtime }: typeof import("../../mod.ts") = await import(
    pathToFileURL(`${folder}/mod.ts`).href
  );
  const realtime = createRealtime({ url, signingKey });
  return (channel, data) => realtime.publish({ channel, topic: TOPIC, data });
}

function plainFetch({ url, signingKey }: JobTarget): Publish {
  return async (channel, data) => {
    const response = await fetch(
      `${url}/v1/realtime/publish?channel=${channel}&topic=${TOPIC}`,
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${signingKey}`,
          "content-type": "application/json",
        },
        body: JSON.stringify(data),
      },
    );
    const answer = await response.text();
    if (!response.ok) throw new Error(`The gateway answered: ${answer}`);
  };
}

const WAYS: Readonly<
  Record<JobWay, (target: JobTarget) => Promise<Publish> | Publish>
> = {
  "our client": ourClient,
  "one fetch a message": plainFetch,
};

const target: JobTarget = JSON.parse(process.argv[2] ?? "{}");
const publish = await WAYS[target.way](target);
/** The number of the next message in each channel. */
const next = new Int32Array(target.channels);
/** The channels with a message that is under way. They get no other one, as requests of their own would not keep the order. */
const busy = new Set<number>();
let turn = 0;

function nextChannel(): number {
  for (;;) {
    const channel = turn;
    turn = (turn + 1) % target.channels;
    if (!busy.has(channel)) return channel;
  }
}

/** Publishes one message after the other until the time is over, but at least one; returns how many. */
async function work(until: number, bytes: number): Promise<number> {
  let published = 0;
  do {
    const channel = nextChannel();
    busy.add(channel);
    const sequence = next[channel] ?? 0;
    next[channel] = sequence + 1;
    await publish(
      `${target.channel}-${channel}`,
      payload(target.publisher, sequence, bytes - 2),
    );
    busy.delete(channel);
    published++;
  } while (performance.now() < until);
  return published;
}

async function measure({ seconds, bytes }: JobLoad): Promise<JobReport> {
  const before = process.cpuUsage();
  const start = performance.now();
  const until = start + seconds * 1000;
  const counts = await Promise.all(
    Array.from({ length: JOBS }, () => work(until, bytes)),
  );
  const { user, system } = process.cpuUsage(before);
  return {
    published: counts.reduce((sum, count) => sum + count, 0),
    seconds: (performance.now() - start) / 1000,
    cpuMs: (user + system) / 1000,
  };
}

readLines(process.stdin, async (line) => {
  console.log(JSON.stringify(await measure(JSON.parse(line))));
});
// The input ends when the process that started this one has ended.
process.stdin.on("close", () => process.exit(1));
console.log("ready");
