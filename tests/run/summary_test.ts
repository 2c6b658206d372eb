import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import type { TestCase } from "./report.ts";
import { type Part, type Run, summarize } from "./summary.ts";

const PASSED: TestCase = { name: "a", result: "passed" };
const SKIPPED: TestCase = { name: "b", result: "skipped" };
const FAILED: TestCase = { name: "c", result: "failed", reason: "no" };

function partOf(cases: readonly TestCase[], end: Partial<Part> = {}): Part {
  return { cases, code: 0, timedOut: false, errors: [], ...end };
}

function runOf(...parts: readonly Part[]): Run {
  return { title: "Bun 1.4.5", parts };
}

describe("summarize()", () => {
  it("has a line for each runtime and a total", () => {
    const runs = [
      runOf(partOf([PASSED]), partOf([PASSED])),
      { title: "Node 26.1.0", parts: [partOf([PASSED])] },
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
    assertEquals(
      summarize([runOf(partOf([PASSED, FAILED], { code: 1 }))], false),
      {
        lines: [
          "Failed on Bun 1.4.5: c: no",
          "Bun 1.4.5: 1 passed, 1 failed",
          "1 passed, 1 failed",
        ],
        ok: false,
      },
    );
  });

  it("allows skipped tests, except where CI is true", () => {
    const runs = [runOf(partOf([PASSED, SKIPPED]))];
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
    const [title, part, problem] of [
      ["ran no test", partOf([]), "no test was run (exit code 0)"],
      [
        "crashed after its tests passed",
        partOf([PASSED], { code: 134 }),
        "the run ended with exit code 134, though no test failed",
      ],
      [
        "had an error in no test",
        partOf([PASSED], { code: 1, errors: ["error: late"] }),
        "an error in no test:\nerror: late",
      ],
      [
        "could not load its only file",
        partOf([], { code: 1, errors: ["error: no such module"] }),
        "an error in no test:\nerror: no such module",
      ],
      [
        "hung",
        partOf([PASSED], { code: 143, timedOut: true }),
        "the run took too long and was ended",
      ],
    ] as const
  ) {
    it(`fails for a process that ${title}, though another one passed`, () => {
      const run = runOf(partOf([PASSED]), part);
      const { lines, ok } = summarize([run], false);
      assertEquals(lines[0], `Failed on Bun 1.4.5: ${problem}`);
      assertEquals(lines.at(-1)?.includes("1 failed"), true);
      assertEquals(ok, false);
    });
  }
});
