import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { TestCase } from "./report.ts";
import { type Run, summarize } from "./summary.ts";

const PASSED: TestCase = { name: "a", result: "passed" };
const SKIPPED: TestCase = { name: "b", result: "skipped" };
const FAILED: TestCase = { name: "c", result: "failed", reason: "no" };

function runOf(cases: readonly TestCase[], end: Partial<Run> = {}): Run {
  return { title: "Bun 1.4.5", cases, code: 0, timedOut: false, ...end };
}

describe("summarize()", () => {
  it("has a line for each runtime and a total", () => {
    const runs = [
      runOf([PASSED, PASSED]),
      runOf([PASSED], { title: "Node 26.1.0" }),
    ];
    assertEquals(summarize(runs, true), {
      lines: [
        "Bun 1.4.5: 2 passed, 0 failed",
        "Node 26.1.0: 1 passed, 0 failed",
        "3 passed, 0 failed",
      ],
      ok: true,
    });
  });

  it("names a failed test with its reason", () => {
    assertEquals(summarize([runOf([PASSED, FAILED], { code: 1 })], false), {
      lines: [
        "Failed on Bun 1.4.5: c: no",
        "Bun 1.4.5: 1 passed, 1 failed",
        "1 passed, 1 failed",
      ],
      ok: false,
    });
  });

  it("allows skipped tests, except where CI is true", () => {
    const runs = [runOf([PASSED, SKIPPED])];
    assertEquals(summarize(runs, false), {
      lines: [
        "Bun 1.4.5: 1 passed, 0 failed, 1 skipped",
        "1 passed, 0 failed, 1 skipped",
      ],
      ok: true,
    });
    const { lines, ok } = summarize(runs, true);
    assertEquals(lines[0], "Skipped on Bun 1.4.5: b");
    assertEquals(ok, false);
  });

  for (
    const [title, run, problem] of [
      ["ran no test", runOf([]), "no test was run (exit code 0)"],
      [
        "crashed after its tests passed",
        runOf([PASSED], { code: 134 }),
        "the run ended with exit code 134, though no test failed",
      ],
      [
        "hung",
        runOf([PASSED], { code: 143, timedOut: true }),
        "the run took too long and was ended",
      ],
    ] as const
  ) {
    it(`fails for a run that ${title}`, () => {
      const { lines, ok } = summarize([run], false);
      assertEquals(lines[0], `Failed on Bun 1.4.5: ${problem}`);
      assertEquals(lines.at(-1)?.includes("1 failed"), true);
      assertEquals(ok, false);
    });
  }
});
