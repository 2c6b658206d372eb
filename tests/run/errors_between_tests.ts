const ERROR = /^# Unhandled error between tests\n-+\n([^]*?)\n-{10,}$/gm;

/**
 * Returns the errors in the output of Bun's test runner that are in none of its tests, and so not in its report: one was thrown after its
 * test had ended, or while a file was loaded. The tests of the file that was being loaded are lost.
 */
export function errorsBetweenTests(output: string): string[] {
  return Array.from(output.matchAll(ERROR), ([, error = ""]) => error.trim());
}

const LEFT_OPEN = /^Left open after the tests: .+$/gm;
const FAILED = /^\s*✖ .+ \([\d.]+ms\)$/gm;

/**
 * Returns what the tests of a process left open on Node, and which of them failed before. Such a process is ended, and has no report.
 */
export function leftOpen(output: string): string[] {
  const lines = output.match(LEFT_OPEN);
  if (lines === null) return [];
  const failed = (output.match(FAILED) ?? []).map((line) => line.trim());
  return [...lines, ...new Set(failed)];
}
