/**
 * Runs faults against real gateways, clients and publishers, and compares what subscribers received with what was acknowledged.
 *
 * ```sh
 * deno task chaos [--runtime deno|bun|node|all] [--transport websocket|sse|all] [--fault 5,17] [--short]
 * deno task chaos --broker sqlite
 * deno task chaos --broker redis
 * ```
 *
 * With Redis, three gateways (one on each runtime) run behind nginx on one Redis with a replica.
 *
 * Prints a table and exits with 1 on any breach.
 *
 * @module
 */

import process from "node:process";
import { prepare } from "../run/setup.ts";
import { canIsolate, runIn } from "./isolation.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import type { Trial } from "./fault.ts";
import type { Programs } from "../support/process/programs.ts";
import { type Attempt, progress, startAll } from "./schedule.ts";
import { formatTable, type Row } from "./table.ts";

/** The environment variable with the programs: the process in its own network can't install any. */
const PROGRAMS = "TIDINGS_CHAOS_PROGRAMS";

/** How many gateways share one Redis. */
const GATEWAYS = 3;

/** How many quiet faults of clusters run at the same time. */
const CLUSTERS = 3;

function attemptsOf(
  { runtimes, transports, faults, isShort, broker }: Options,
  programs: Programs,
): Attempt[] {
  const common = { programs, clients: "node", transports, isShort } as const;
  const [first = "node"] = runtimes;
  const cluster = Array.from(
    { length: GATEWAYS },
    (_, i) => runtimes[i % runtimes.length] ?? first,
  );
  const trials: Trial[] = broker === "redis"
    ? [{ ...common, runtime: first, cluster }]
    : runtimes.map((runtime) => ({ ...common, runtime, broker }));
  return trials.flatMap((trial) => faults.map((fault) => ({ fault, trial })));
}

async function run(options: Options, programs: Programs): Promise<number> {
  const { broker, isJson } = options;
  const started = performance.now();
  const attempts = attemptsOf(options, programs);
  const rows: Row[] = [];
  const results = [
    ...startAll(attempts, broker === "redis" ? CLUSTERS : undefined).values(),
  ];
  for (const result of results) {
    void result.then((rows) => {
      if (!isJson && rows.length > 0) console.error(progress(rows));
    });
  }
  for (const result of results) rows.push(...await result);
  const text = isJson
    ? rows.map((row) => JSON.stringify(row)).join("\n")
    : "\n" + formatTable(rows);
  console.log(text);
  const breaches = rows.filter((row) => row.breaches.length > 0).length;
  const minutes = (performance.now() - started) / 60_000;
  console.error(
    `${rows.length} rows, ${breaches} with a breach, ${minutes.toFixed(1)} min`,
  );
  return breaches > 0 || rows.length === 0 ? 1 : 0;
}

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  const options = parseOptions(args);
  if (typeof options === "string") {
    console.error(options);
    return options === USAGE ? 0 : 2;
  }
  const given = process.env[PROGRAMS];
  if (given !== undefined) return await run(options, JSON.parse(given));
  const programs = await prepare();
  const isolated = canIsolate();
  if (!isolated) {
    console.error(
      "Network namespaces are not available: the faults run in the machine's network",
    );
  }
  // The harness runs on Node, whose sockets and processes cost least.
  const command = [programs.node, import.meta.filename ?? "", ...args];
  return await runIn(isolated, command, {
    [PROGRAMS]: JSON.stringify(programs),
  });
}

process.exit(await main());
