/**
 * A process with callers that publish at once, each of which publishes its next message when the last one was acknowledged. It reads lines
 * of JSON that say how many there are and for how long they publish, and answers each with a line of JSON.
 *
 * ```sh
 * node bench/callers/main.ts <target as JSON>
 * ```
 *
 * @module
 */

import process from "node:process";
import { readLines } from "../../tests/support/process/lines.ts";
import { percentiles } from "../support.ts";
import { CLIENTS } from "./clients.ts";
import type { CallersLoad, CallersReport, CallersTarget } from "./ways.ts";

const target: CallersTarget = JSON.parse(process.argv[2] ?? "{}");
const publish = await CLIENTS[target.way](target);

/** Publishes one message after the other, at least one. Adds to the times how long each acknowledgement took. */
async function call(
  number: number,
  { channels, bytes, seconds, most = Infinity }: CallersLoad,
  times: number[],
): Promise<void> {
  const channel = `callers-${number % channels}`;
  const data = "x".repeat(bytes - 2);
  const until = performance.now() + seconds * 1000;
  let now = performance.now();
  for (let count = 0; count === 0 || count < most && now < until; count++) {
    const before = now;
    await publish(channel, data);
    now = performance.now();
    times.push(now - before);
  }
}

async function measure(load: CallersLoad): Promise<CallersReport> {
  const times: number[] = [];
  const before = process.cpuUsage();
  const start = performance.now();
  await Promise.all(
    Array.from({ length: load.callers }, (_, i) => call(i, load, times)),
  );
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(before);
  return {
    published: times.length,
    seconds,
    cpuMs: (user + system) / 1000,
    ...percentiles(times),
  };
}

readLines(process.stdin, async (line) => {
  console.log(JSON.stringify(await measure(JSON.parse(line))));
});
// The input ends when the process that started this one has ended.
process.stdin.on("close", () => process.exit(1));
console.log("ready");
