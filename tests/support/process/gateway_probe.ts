/**
 * A gateway that also takes commands as lines on its input and answers each with a line of JSON: `memory` collects garbage and reports
 * the memory, `clock <ms>` shifts the wall clock, `delays` reports the delays of the event loop since the last time. Its arguments are those of the gateway's command line.
 *
 * @module
 */

import process from "node:process";
import { collectGarbage } from "./programs.ts";
import { readLines } from "./lines.ts";
import { LoopWatch } from "./loop_watch.ts";

let offsetMs = 0;
let loopWatch: LoopWatch | undefined;

const SystemDate = Date;

/** The wall clock, shifted by `offsetMs`. */
class ShiftedDate extends SystemDate {
  constructor(...args: unknown[]) {
    const given = args.length === 0 ? [SystemDate.now() + offsetMs] : args;
    // Date takes up to seven arguments; TypeScript has an overload for each number of them.
    super(...given as [number]);
  }

  static override now(): number {
    return SystemDate.now() + offsetMs;
  }
}

function answer(line: string): void {
  const [command, value] = line.split(" ");
  if (command === "clock") {
    offsetMs = Number(value);
    globalThis.Date = ShiftedDate as DateConstructor;
    console.log(JSON.stringify({ clock: new Date().toISOString() }));
  } else if (command === "delays") {
    loopWatch ??= new LoopWatch();
    console.log(JSON.stringify(loopWatch.take()));
  } else if (command === "memory") {
    collectGarbage();
    const { heapUsed, rss, external } = process.memoryUsage();
    const isPolluted = Object.keys(Object.getPrototypeOf({})).length > 0;
    console.log(JSON.stringify({ heapUsed, rss, external, isPolluted }));
  }
}

readLines(process.stdin, answer);
// The input ends when the process that started this one has ended.
process.stdin.on("close", () => process.exit(1));
await import("../../../server/main.ts");
