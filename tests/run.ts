/**
 * Runs the suite on Deno, Bun and Node, with all the set-up it needs.
 *
 * ```sh
 * deno task test [--runtime deno|bun|node]… [part of a file's path]…
 * ```
 *
 * @module
 */

import { findTests } from "./run/files.ts";
import { parseOptions } from "./run/options.ts";
import { runTests, type RuntimeResult } from "./run/runtimes.ts";
import { summarize } from "./run/summary.ts";
import { findBun, findNode, installPackages } from "./run/setup.ts";
import { missingRequirements } from "./support/requirements.ts";

async function main(): Promise<number> {
  try {
    return await runSuite();
  } catch (error) {
    // A missing npm, or a registry that can't be reached: no run, no counts.
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

  await installPackages();
  const node = await findNode();
  const bun = await findBun(node);
  const binaries = { deno: Deno.execPath(), bun, node };
  for (const line of missingRequirements()) console.log(line);

  const results: RuntimeResult[] = [];
  for (const runtime of options.runtimes) {
    results.push(await runTests(runtime, binaries, files));
  }

  const { lines, ok } = summarize(results, Deno.env.get("CI") === "true");
  console.log("\n" + lines.join("\n"));
  return ok ? 0 : 1;
}

Deno.exit(await main());
