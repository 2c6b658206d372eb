/**
 * Sends mutated requests, handshakes, frames and event streams to a real gateway that healthy clients use at the same time.
 *
 * ```sh
 * deno task fuzz [--runtime deno|bun|node|all] [--broker memory|redis|all] [--seed <n>] [--count <n>] [--only http:17] [--differential]
 * ```
 *
 * Prints the seed, the answers, memory and delays, and exits with 1 when a promise was broken.
 *
 * @module
 */

import process from "node:process";
import { prepare } from "../run/setup.ts";
import type { Programs } from "../support/process/programs.ts";
import { compare } from "./differential.ts";
import { fuzz, isClean } from "./fuzz.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { formatCounts, formatFailure, formatReport } from "./print_report.ts";

async function fuzzAll(options: Options, programs: Programs): Promise<boolean> {
  const { seed, count, only, runtimes, brokers } = options;
  let clean = true;
  for (const runtime of runtimes) {
    for (const broker of brokers) {
      console.log(`${runtime}, ${broker}, seed ${seed}`);
      const report = await fuzz({
        programs,
        runtime,
        broker,
        clients: "node",
        seed,
        count,
        ...(only ? { only } : {}),
        onKind: (...kind) => console.log(formatCounts(...kind)),
      });
      console.log(formatReport(report, seed));
      clean &&= isClean(report);
    }
  }
  return clean;
}

async function compareAll(
  { seed, count, only, runtimes }: Options,
  programs: Programs,
): Promise<boolean> {
  let clean = true;
  for (const runtime of runtimes) {
    console.log(`${runtime}, the fast and the general path, seed ${seed}`);
    const numbers = only
      ? { from: only.number, to: only.number + 1 }
      : { from: 0, to: count };
    const { compared, differences, differing } = await compare({
      programs,
      runtime,
      seed,
      ...numbers,
    });
    for (const difference of differences) {
      console.log(formatFailure(difference, seed));
    }
    console.log(`  ${compared} answers compared, ${differing} differ`);
    clean &&= differing === 0 && compared > 0;
  }
  return clean;
}

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (typeof options === "string") {
    console.error(options);
    return options === USAGE ? 0 : 2;
  }
  const programs = await prepare();
  const run = options.isDifferential ? compareAll : fuzzAll;
  return await run(options, programs) ? 0 : 1;
}

process.exit(await main());
