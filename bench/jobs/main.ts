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
import type { JobLoad, JobReport, JobTarget } from "./ways.ts";

const JOBS = 64;

/** Publishes a message; resolves when it was acknowledged. */
type Publish = (channel: string, data: string) => Promise<unknown>;

/** Returns a function that makes apps of the client. */
async function loadClient(
  { url, signingKey, folder }: JobTarget,
): Promise<() => Publish> {
  const { createRealtime }: typeof import("../../mod.ts") = await import(
    pathToFileURL(`${folder}/mod.ts`).href
  );
  return () => {
    const realtime = createRealtime({ url, signingKey });
    return (channel, data) => realtime.publish({ channel, topic: TOPIC, data });
  };
}

const target: JobTarget = JSON.parse(process.argv[2] ?? "{}");
const createApp = await loadClient(target);
const shared = createApp();
// Messages of different apps never share a request.
const publishers = Array.from(
  { length: JOBS },
  () => target.way === "our client" ? shared : createApp(),
);
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
async function work(
  publish: Publish,
  until: number,
  bytes: number,
): Promise<number> {
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
    publishers.map((publish) => work(publish, until, bytes)),
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
