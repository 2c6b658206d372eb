/**
 * Runs the test suite on Deno, Bun and Node, and installs what it needs.
 *
 * ```sh
 * deno task test [--runtime deno,bun,node] [--all] [part of a file's path]…
 * ```
 *
 * @module
 */

import { findTests, runsOnce, runtimeOf } from "./run/files.ts";
import { parseOptions } from "./run/options.ts";
import { runSuites } from "./run/runtimes.ts";
import { prepare } from "./run/setup.ts";
import { summarize } from "./run/summary.ts";
import { missingRequirements } from "./support/requirements.ts";

async function main(): Promise<number> {
  try {
    return await runSuite();
  } catch (error) {
    // Nothing was run: npm is missing, or its registry can't be reached.
    console.error(error instanceof Error ? error.message : error);
    console.error("0 passed, 1 failed");
    return 1;
  }
}

async function runSuite(): Promise<number> {
  const options = parseOptions(Deno.args);
  if (typeof options === "string") {
    console.error(options);
    return 2;
  }
  const files = ["tests", "bench"].flatMap((folder) =>
    findTests(folder, options.filters)
  );
  if (files.length === 0) {
    console.error("No test file has a path like that");
    return 2;
  }

  const programs = await prepare();
  for (const line of missingRequirements()) console.log(line);
  const { all, runtimes } = options;
  const suites = runtimes.map((runtime) => ({
    runtime,
    // Tests that don't depend on the runtime take long, so only one runs them.
    files: files.filter((file) =>
      all || !runsOnce(file) || runtime === runtimeOf(file, runtimes)
    ),
  })).filter(({ files }) => files.length > 0);
  const runs = await runSuites(suites, programs);
  const { lines, ok } = summarize(runs, Deno.env.get("CI") === "true");
  console.log("\n" + lines.join("\n"));
  return ok ? 0 : 1;
}

Deno.exit(await main());
