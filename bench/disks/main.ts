/**
 * Measures a bare disk: appends to a file and waits for `fdatasync`, which is the least that a durable message takes. It reads lines with
 * the number of appends, and answers each with a line of JSON.
 *
 * ```sh
 * node bench/disks/main.ts <folder>
 * ```
 *
 * @module
 */

import { fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { readLines } from "../../tests/support/process/lines.ts";
import { percentiles } from "../support.ts";

const APPEND = "x".repeat(256);

const [folder = ""] = process.argv.slice(2);
const file = openSync(join(folder, "appended"), "a");

/** Returns how long an append takes, in milliseconds. */
function append(): number {
  const start = performance.now();
  writeSync(file, APPEND);
  fdatasyncSync(file);
  return performance.now() - start;
}

readLines(process.stdin, (line) => {
  const times = Array.from({ length: Number(line) }, append);
  console.log(JSON.stringify(percentiles(times)));
});
// The input ends when the process that started this one has ended.
process.stdin.on("close", () => process.exit(1));
console.log("ready");
