/**
 * What 1,000,000 connections and 10,000,000 deliveries a second need, by arithmetic from measured costs.
 *
 * ```sh
 * deno task scale             # prints what docs/scale.md quotes
 * deno task scale --measure   # measures what Redis costs, for bench/scale/costs.ts
 * ```
 *
 * @module
 */

import process from "node:process";
import { COSTS } from "./scale/costs.ts";
import { measureRedis } from "./scale/measure.ts";
import { formatScale } from "./scale/report.ts";

if (process.argv.includes("--measure")) {
  for (const [name, us] of Object.entries(await measureRedis())) {
    console.log(`${name}: ${us.toFixed(1)}`);
  }
} else console.log(formatScale(COSTS));
