import { TEST_TIMEOUT_MS } from "../std/testing/runner.ts";
import { type RuntimeName, TITLES } from "../support/process/programs.ts";
import { run, type RunOptions } from "./command.ts";
import { errorsBetweenTests, leftOpen } from "./errors_between_tests.ts";
import { makeBatches } from "./batches.ts";
import { runPool } from "./pool.ts";
import { readReport } from "./report.ts";
import type { Programs } from "./setup.ts";
import type { Part, Run } from "./summary.ts";

/** A process that takes longer than this hangs. */
const PROCESS_TIMEOUT_MS = 10 * 60_000;

/** The most processes that run tests beside each other on a core. Most tests wait more than they compute. */
const PROCESSES_PER_CORE = 1.5;
const MOST_PROCESSES = 3;

const COMPILE_CACHE = `${Deno.cwd()}/node_modules/.cache/node`;

/** Test files to run on a runtime. */
export interface Suite {
  readonly runtime: RuntimeName;
  readonly files: readonly string[];
}

/** A batch of a suite's files. */
interface Batch extends Suite {
  readonly title: string;
}

/** Runs suites and shows the output of their test runners. A batch of the next suite starts while the last ones of the one before run. */
export async function runSuites(
  suites: readonly Suite[],
  programs: Programs,
): Promise<Run[]> {
  const processes = Math.min(
    Math.ceil(navigator.hardwareConcurrency * PROCESSES_PER_CORE),
    MOST_PROCESSES,
  );
  const beside: Batch[] = [];
  const quiet: Batch[] = [];
  const alone: Batch[] = [];
  const titles: string[] = [];
  for (const { runtime, files } of suites) {
    const title = `${TITLES[runtime]} ${await version(programs[runtime])}`;
    const batches = makeBatches(files, processes);
    titles.push(title);
    const batch = (files: readonly string[]) => ({ title, runtime, files });
    beside.push(...batches.beside.map(batch));
    quiet.push(...batches.quiet.map(batch));
    if (batches.alone.length > 0) alone.push(batch(batches.alone));
  }
  // The output of one process at a time is shown as it comes, that of the others when they are done.
  let isShowing = false;
  const start = (batch: Batch) => async () => {
    const output = isShowing ? "collect" : "show";
    isShowing = true;
    try {
      return {
        title: batch.title,
        part: await runPart(batch, programs, output),
      };
    } finally {
      if (output === "show") isShowing = false;
    }
  };
  const parts = [
    ...await runPool(beside.map(start), processes),
    ...await runPool(quiet.map(start), processes),
    ...await runPool(alone.map(start), 1),
  ];
  return titles.map((title) => ({
    title,
    parts: parts.filter((one) => one.title === title).map(({ part }) => part),
  }));
}

/** Runs test files in one process. */
async function runPart(
  { title, runtime, files }: Batch,
  programs: Programs,
  output: RunOptions["output"],
): Promise<Part> {
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  const signal = AbortSignal.timeout(PROCESS_TIMEOUT_MS);
  try {
    const command = [programs[runtime], ...args(runtime, report, files)];
    if (output === "show") console.log(`\n--- ${title} ---`);
    const { code, output: text } = await run(command, {
      output,
      signal,
      env: {
        // Tests that start a runtime by its name get the same one.
        PATH: searchPath(programs),
        // Many processes run the same files, whose types Node would strip in each of them.
        NODE_COMPILE_CACHE: COMPILE_CACHE,
      },
    });
    if (output === "collect") console.log(`\n--- ${title} ---\n${text}`);
    const cases = readReport(await Deno.readTextFile(report), runtime);
    const errors = runtime === "bun"
      ? errorsBetweenTests(text)
      : leftOpen(text);
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
        // Each process loads what many files share only once, as on Bun.
        "--test-isolation=none",
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
