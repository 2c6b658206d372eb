import type { Counts } from "./junit.ts";
import type { RuntimeResult } from "./runtimes.ts";

/** How the whole run ends. */
export interface Summary {
  /** One for each runtime, and the total as the last. */
  readonly lines: readonly string[];
  readonly ok: boolean;
}

/**
 * Sums up the runs, naming what failed. A failed test or run fails the whole; where skips aren't
 * allowed, so does a skipped test.
 */
export function summarize(
  results: readonly RuntimeResult[],
  forbidSkips: boolean,
): Summary {
  const total = { passed: 0, failed: 0, skipped: 0 };
  const lines: string[] = [];
  for (const { title, counts, problem, skipped, failed } of results) {
    total.passed += counts.passed;
    total.failed += counts.failed;
    total.skipped += counts.skipped;
    if (forbidSkips) {
      lines.push(...skipped.map((name) => `Skipped on ${title}: ${name}`));
    }
    lines.push(...failed.map((name) => `Failed on ${title}: ${name}`));
    if (problem !== undefined) lines.push(`${title}: ${problem}`);
    lines.push(`${title}: ${inWords(counts)}`);
  }
  const skipFailure = forbidSkips && total.skipped > 0;
  if (skipFailure) lines.push("No test may be skipped where CI is true");
  lines.push(inWords(total));
  return { lines, ok: total.failed === 0 && !skipFailure && total.passed > 0 };
}

function inWords({ passed, failed, skipped }: Counts): string {
  const words = `${passed} passed, ${failed} failed`;
  return skipped > 0 ? `${words}, ${skipped} skipped` : words;
}
