import { mib } from "../chaos/units.ts";
import type { Failure, Result } from "./campaign.ts";
import type { Kind } from "./case.ts";
import type { FuzzReport } from "./fuzz.ts";

/** The most characters of a case that are printed. */
const SHOWN = 2_000;

/** Formats the answers to the cases of a kind, the most frequent first. */
export function formatCounts(
  kind: Kind,
  counts: ReadonlyMap<string, number>,
  seconds: number,
): string {
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const parts = [...counts].sort(([, a], [, b]) => b - a)
    .map(([label, count]) => `${label} × ${count.toLocaleString("en")}`);
  return `  ${kind}: ${total.toLocaleString("en")} in ${
    seconds.toFixed(1)
  } s: ` +
    parts.join(", ");
}

/** Formats what was measured and found. */
export function formatReport(report: FuzzReport, seed: number): string {
  const { before, after, peakBytes, latencies, problems, result } = report;
  const heaps = [before, after].map(({ heapUsed }) => mib(heapUsed));
  const late = Object.entries(latencies).map(([transport, { p99, max }]) =>
    `${transport} p99 ${Math.round(p99)} ms, max ${Math.round(max)} ms`
  );
  return [
    `  memory: ${mib(before.rss)} before, ${mib(peakBytes)} peak, ` +
    `${mib(after.rss)} after; heap ${heaps.join(" -> ")}`,
    `  event loop: longest delay ${Math.round(report.longestDelayMs)} ms, ` +
    `of its own doing ${Math.round(report.busiestDelayMs)} ms; ` +
    `slowest /health ${Math.round(report.slowestHealthMs)} ms`,
    `  healthy clients: ${report.delivered.toLocaleString("en")} deliveries; ` +
    late.join("; "),
    ...problems.map((problem) => `  PROBLEM ${problem}`),
    ...formatFailures(result, seed),
  ].join("\n");
}

function formatFailures({ failures, failed }: Result, seed: number): string[] {
  if (failed === 0) return [];
  return [
    ...failures.map((failure) => formatFailure(failure, seed)),
    `  ${failed} cases failed`,
  ];
}

/** Formats a failure, with the arguments that repeat it. */
export function formatFailure(
  { name, problem, bytes }: Failure,
  seed: number,
): string {
  const shown = bytes.length > SHOWN
    ? `${bytes.slice(0, SHOWN)}… (${bytes.length} characters)`
    : bytes;
  return `  FAILED --seed ${seed} --only ${name}: ${problem}\n    ${shown}`;
}
