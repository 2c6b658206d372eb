/**
 * The gate: runs everything that a change has to pass and prints one line for each stage. It stops at the first stage that fails. The
 * test suite comes last and shows its own output.
 *
 * @module
 */

import { run } from "./run/command.ts";
import { installPackages } from "./run/setup.ts";
import { type Stage, STAGES } from "./run/stages.ts";

async function main(): Promise<number> {
  await installPackages();
  for (const stage of STAGES) {
    if (!await passes(stage)) {
      // The last line has the form of a test run's, also when a stage failed.
      console.log("0 passed, 1 failed");
      return 1;
    }
  }
  const suite = [Deno.execPath(), "task", "test"];
  return (await run(suite, { output: "show" })).code;
}

async function passes({ name, command }: Stage): Promise<boolean> {
  const start = performance.now();
  const { code, output } = await run([Deno.execPath(), ...command], {
    output: "collect",
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  if (code === 0) {
    console.log(`ok ${name} (${seconds} s)`);
    return true;
  }
  console.log(output.trimEnd());
  console.log(`FAILED ${name} (${seconds} s, exit code ${code})`);
  return false;
}

Deno.exit(await main());
