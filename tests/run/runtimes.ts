import { run } from "./command.ts";
import { type Counts, countTests, readReport } from "./junit.ts";

/** The runtimes that the suite runs on, in this order. */
export const RUNTIMES = ["deno", "bun", "node"] as const;

/** The name of a runtime. */
export type RuntimeName = typeof RUNTIMES[number];

/** The programs of the runtimes. */
export type Binaries = Readonly<Record<RuntimeName, string>>;

/** What a runtime made of the suite. */
export interface RuntimeResult {
  /** Name and version, as in `Deno 2.9.6`. */
  readonly title: string;
  readonly counts: Counts;
  /** The names of the skipped tests. */
  readonly skipped: readonly string[];
  /** The failed tests: each one's name, and why where the report says so. */
  readonly failed: readonly string[];
  /** Why the run itself counts as a failure, apart from the tests' results. */
  readonly problem?: string;
}

const TITLES = { deno: "Deno", bun: "Bun", node: "Node" } as const;

// A run that takes this long hangs.
const RUN_TIMEOUT_MS = 15 * 60_000;

/** Runs the files on a runtime, showing its own output meanwhile. */
export async function runTests(
  runtime: RuntimeName,
  binaries: Binaries,
  files: readonly string[],
): Promise<RuntimeResult> {
  const title = `${TITLES[runtime]} ${await version(binaries[runtime])}`;
  console.log(`\n--- ${title} ---`);
  const report = await Deno.makeTempFile({ suffix: ".xml" });
  try {
    const { code, timedOut } = await run(
      [binaries[runtime], ...args(runtime, report, files)],
      {
        output: "show",
        timeoutMs: RUN_TIMEOUT_MS,
        // Tests that start programs of their own find the same Node first.
        env: { PATH: searchPath(binaries) },
      },
    );
    return judge(title, runtime, await Deno.readTextFile(report), {
      code,
      timedOut,
    });
  } finally {
    await Deno.remove(report);
  }
}

/** Makes a result of a run's report and of how its process ended. */
export function judge(
  title: string,
  runtime: RuntimeName,
  report: string,
  end: { readonly code: number; readonly timedOut: boolean },
): RuntimeResult {
  const cases = readReport(report, runtime === "deno" ? "cases" : "suites");
  const counts = countTests(cases);
  const skipped = cases.filter(({ result }) => result === "skipped")
    .map(({ name }) => name);
  const failed = cases.filter(({ result }) => result === "failed")
    .map(({ name, reason }) => reason ? `${name}: ${reason}` : name);
  const problem = problemOf(counts, end);
  // So that a run without a report can't look like one without a failure.
  if (problem !== undefined) counts.failed++;
  return { title, counts, skipped, failed, problem };
}

function problemOf(
  counts: Counts,
  end: { readonly code: number; readonly timedOut: boolean },
): string | undefined {
  if (end.timedOut) {
    return `the run was ended after ${RUN_TIMEOUT_MS / 60_000} minutes`;
  }
  if (counts.passed + counts.failed + counts.skipped === 0) {
    return `no test was run (exit code ${end.code})`;
  }
  if (end.code !== 0 && counts.failed === 0) {
    return `the run ended with exit code ${end.code}, though no test failed`;
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
        `--junit-path=${report}`,
        ...files,
      ];
    case "bun":
      return [
        "test",
        "--reporter=junit",
        `--reporter-outfile=${report}`,
        // Without the dot Bun takes a name for a filter.
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

async function version(binary: string): Promise<string> {
  const { output } = await run([binary, "--version"], { output: "collect" });
  return /\d+\.\d+\.\d+/.exec(output)?.[0] ?? "of unknown version";
}

function searchPath(binaries: Binaries): string {
  const folders = RUNTIMES.map((name) => binaries[name])
    .filter((binary) => binary.includes("/"))
    .map((binary) => binary.slice(0, binary.lastIndexOf("/")));
  return [...folders, Deno.env.get("PATH") ?? ""].join(":");
}
