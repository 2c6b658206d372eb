import type { TestCase } from "./report.ts";

/** How one process that ran tests ended. */
export interface Part {
  readonly cases: readonly TestCase[];
  /** The exit code of the runner. */
  readonly code: number;
  /** Whether the runner was ended because it took too long. */
  readonly timedOut: boolean;
  /** Errors that are in no test. */
  readonly errors: readonly string[];
}

/** How the suite ended on one runtime. */
export interface Run {
  /** The runtime's name and version, as in `Deno 2.9.6`. */
  readonly title: string;
  /** At least one. */
  readonly parts: readonly Part[];
}

type Counts = Record<TestCase["result"], number>;

/**
 * Sums up the runs: names each failure, then counts by runtime and in total. A process that crashed, hung or ran no test counts as
 * one more failure, so that it can't pass for a good one.
 *
 * @param forbidSkips Whether a skipped test fails the whole.
 */
export function summarize(
  runs: readonly Run[],
  forbidSkips: boolean,
): { readonly lines: readonly string[]; readonly ok: boolean } {
  const total: Counts = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const run of runs) {
    const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
    for (
      const { name, result, reason } of run.parts.flatMap(({ cases }) => cases)
    ) {
      counts[result]++;
      if (result === "failed") {
        const why = reason === undefined ? "" : `: ${reason}`;
        lines.push(`Failed on ${run.title}: ${name}${why}`);
      } else if (result === "skipped" && forbidSkips) {
        lines.push(`Skipped on ${run.title}: ${name}`);
      }
    }
    for (const problem of run.parts.map(problemOf)) {
      if (problem === undefined) continue;
      counts.failed++;
      lines.push(`Failed on ${run.title}: ${problem}`);
    }
    lines.push(`${run.title}: ${inWords(counts)}`);
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
  }
  const isSkipFailure = forbidSkips && total.skipped > 0;
  if (isSkipFailure) lines.push("No test may be skipped where CI is true");
  lines.push(inWords(total));
  return { lines, ok: total.failed === 0 && !isSkipFailure };
}

function problemOf(
  { cases, code, timedOut, errors }: Part,
): string | undefined {
  if (timedOut) return "the run took too long and was ended";
  if (errors.length > 0) return `an error in no test:\n${errors.join("\n")}`;
  if (cases.length === 0) return `no test was run (exit code ${code})`;
  if (code !== 0 && cases.every(({ result }) => result !== "failed")) {
    return `the run ended with exit code ${code}, though no test failed`;
  }
}

function inWords({ passed, failed, skipped }: Counts): string {
  const words = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${words}, ${skipped} skipped` : words;
}
