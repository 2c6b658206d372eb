/**
 * A gateway whose clock can be moved and whose memory can be looked at, by lines on its input: `memory` collects garbage and
 * answers with a line of JSON, `clock <ms>` moves the wall clock and answers with a line of JSON. All else is the gateway's own
 * command line.
 *
 * @module
 */

import process from "node:process";
import { createInterface } from "node:readline";

let offsetMs = 0;

const SystemDate = Date;

/** The wall clock, moved. */
class MovedDate extends SystemDate {
  constructor(...args: unknown[]) {
    const given = args.length === 0 ? [SystemDate.now() + offsetMs] : args;
    // Date takes up to seven of them; TypeScript knows each number apart.
    super(...given as [number]);
  }

  static override now(): number {
    return SystemDate.now() + offsetMs;
  }
}

function collectGarbage(): void {
  const { Bun, gc } = Object(globalThis);
  if (Bun) Bun.gc(true);
  else gc();
}

function answer(line: string): void {
  const [command, value] = line.split(" ");
  if (command === "clock") {
    offsetMs = Number(value);
    globalThis.Date = MovedDate as DateConstructor;
    console.log(JSON.stringify({ clock: new Date().toISOString() }));
  } else if (command === "memory") {
    collectGarbage();
    const { heapUsed, rss, external } = process.memoryUsage();
    const isPolluted = Object.keys(Object.getPrototypeOf({})).length > 0;
    console.log(JSON.stringify({ heapUsed, rss, external, isPolluted }));
  }
}

createInterface({ input: process.stdin })
  .on("line", answer)
  // Whoever started this is gone, without having ended it.
  .on("close", () => process.exit(1));
await import("../../server/main.ts");
