import { assertEquals, assertMatch } from "@std/assert";
import { runCli } from "./cli.ts";

/** Asserts that a mistake in the command line is one line on standard error, with exit code 2. */
export async function assertRefused(
  args: readonly string[],
  wanted: RegExp,
  env?: Record<string, string>,
): Promise<void> {
  const { code, stdout, stderr } = await runCli(args, env);
  assertEquals([code, stdout], [2, ""]);
  assertMatch(stderr, /^[^\n]+\n$/);
  assertMatch(stderr, wanted);
}
