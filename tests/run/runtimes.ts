import { TEST_TIMEOUT_MS } from "../std/testing/runner.ts";
import { type RuntimeName, TITLES } from "../support/process/programs.ts";
import { run, type RunOptions } from "./command.ts";
import { errorsBetweenTests } from "./errors_between_tests.ts";
import { dealOut } from "./lanes.ts";
import { readReport } from "./report.ts";
import type { Programs } from "./setup.ts";
import type { Part, Run } from "./summary.ts";

/** A run that takes longer than this hangs. */
const RUN_TIMEOUT_MS = 15 * 60_000;

/** The most processes that run tests beside each other. Most tests wait more than they compute. */
const MOST_LANES = 3;

/** Runs test files on a runtime and shows the output of its test runner. */
export async function runTests(
  runtime: RuntimeName,
  programs: Programs,
  files: readonly string[],
): Promise<Run> {
  const title = `${TITLES[runtime]} ${await version(programs[runtime])}`;
  console.log(`\n--- ${title} ---`);
  const signal = AbortSignal.timeout(RUN_TIMEOUT_MS);
  const start = (lane: readonly string[], output: "show" | "collect") =>
    runPart(runtime, programs, lane, { output, signal });
  const count = Math.min(navigator.hardwareConcurrency, MOST_LANES);
  const { beside, alone } = dealOut(files, count);
  // The output of the first process is shown as it comes, that of the others when they are done.
  const parts = await Promise.all(
    beside.map((lane, index) => start(lane, index === 0 ? "show" : "collect")),
  );
  if (alone.length > 0) parts.push(await start(alone, "show"));
  return { title, parts };
}

/** Runs test files in one process. */
async function runPart(
  runtime: RuntimeName,
  programs: Programs,
  files: readonly string[],
  { output, signal }: Required<Pick<RunOptions, "output" | "signal">>,
): Promise<Part> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const command = [programs[runtime], ...args(runtime, report, files)];
    const { code, output: text } = await run(command, {
      output,
      signal,
      // Tests that start a runtime by its name get the same one.
      env: { PATH: searchPath(programs) },
    });
    if (output === "collect") console.log(text);
    const cases = readReport(await Deno.readTextFile(report), runtime);
    const errors = runtime === "bun" ? errorsBetweenTests(text) : [];
    return { cases, code, timedOut: signal.aborted, errors };
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
        // Bun's own 5 s would bound hooks, whatever time those ask for.
        `--timeout=${TEST_TIMEOUT_MS}`,
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
