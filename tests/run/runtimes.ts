import { type RuntimeName, TITLES } from "../support/process/programs.ts";
import { run } from "./command.ts";
import { readReport } from "./report.ts";
import type { Programs } from "./setup.ts";
import type { Run } from "./summary.ts";

/** A run that takes longer than this hangs. */
const RUN_TIMEOUT_MS = 15 * 60_000;

/** Runs test files on a runtime and shows the output of its test runner. */
export async function runTests(
  runtime: RuntimeName,
  programs: Programs,
  files: readonly string[],
): Promise<Run> {
  const program = programs[runtime];
  const title = `${TITLES[runtime]} ${await version(program)}`;
  console.log(`\n--- ${title} ---`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const signal = AbortSignal.timeout(RUN_TIMEOUT_MS);
  try {
    const { code } = await run([program, ...args(runtime, report, files)], {
      output: "show",
      signal,
      // Tests that start a runtime by its name get the same one.
      env: { PATH: searchPath(programs) },
    });
    const cases = readReport(await Deno.readTextFile(report), runtime);
    return { title, cases, code, timedOut: signal.aborted };
  } finally {
    await Deno.remove(report);
  }
}

function args(
  runtime: RuntimeName,
  report: string,
  files: readonly string[],
): string[] {
  switch (runtime) {
    case "deno":
      return [
        "test",
        "--allow-all",
        "--quiet",
        // The gate checks types in a stage of its own.
        "--no-check",
        `--junit-path=${report}`,
        ...files,
      ];
    case "bun":
      return [
        "test",
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        // Without the dot Bun reads the path as a filter.
        ...files.map((file) => `./${file}`),
      ];
    case "node":
      return [
        "--test",
        "--test-reporter=spec",
        "--test-reporter-destination=stdout",
        "--test-reporter=junit",
        `--test-reporter-destination=${report}`,
        ...files,
      ];
  }
}

async function version(program: string): Promise<string> {
  const { output } = await run([program, "--version"], { output: "collect" });
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "of unknown version";
}

function searchPath(programs: Programs): string {
  const folders = Object.values(programs)
    .filter((program) => program.includes("/"))
    .map((program) => program.slice(0, program.lastIndexOf("/")));
  return [...folders, Deno.env.get("PATH") ?? ""].join(":");
}
