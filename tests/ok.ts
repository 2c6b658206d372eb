/**
 * The gate: runs everything that a change has to pass and prints one line for each stage. It stops at the first stage that fails. The
 * test suite comes last and shows its own output.
 *
 * @module
 */

import { run } from "./run/command.ts";
import { runPool } from "./run/pool.ts";
import { installPackages } from "./run/setup.ts";
import { type Stage, STAGES } from "./run/stages.ts";

async function main(): Promise<number> {
  await installPackages();
  const failed = new AbortController();
  const stages = STAGES.map((stage) => () => mustPass(stage, failed.signal));
  try {
    await runPool(stages, navigator.hardwareConcurrency);
  } catch (error) {
    // Ends the stages that run beside the one that failed.
    failed.abort();
    console.log(error instanceof Error ? error.message : error);
    // The last line has the form of a test run's, also when a stage failed.
    console.log("0 passed, 1 failed");
    return 1;
  }
  const suite = [Deno.execPath(), "task", "test"];
  return (await run(suite, { output: "show" })).code;
}

/**
 * Runs a stage.
 *
 * @throws {Error} With its output, when it fails.
 */
async function mustPass(
  { name, command }: Stage,
  signal: AbortSignal,
): Promise<void> {
  const start = performance.now();
  const { code, output } = await run([Deno.execPath(), ...command], {
    output: "collect",
    signal,
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code !== 0) {
    throw new Error(
      `${output.trimEnd()}\nFAILED ${name} (${seconds} s, exit code ${code})`,
    );
  }
  console.log(`ok ${name} (${seconds} s)`);
}

Deno.exit(await main());
