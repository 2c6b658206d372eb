const ERROR = /^# Unhandled error between tests\n-+\n([^]*?)\n-{10,}$/gm;

/**
 * Returns the errors in the output of Bun's test runner that are in none of its tests, and so not in its report: one was thrown after its
 * test had ended, or while a file was loaded. The tests of the file that was being loaded are lost.
 */
export function errorsBetweenTests(output: string): string[] {
  return Array.from(output.matchAll(ERROR), ([, error = ""]) => error.trim());
}
