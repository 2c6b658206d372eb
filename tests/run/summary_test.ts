import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { judge } from "./runtimes.ts";
import { summarize } from "./summary.ts";

const PASSED = '<testcase name="a" /><testcase name="b" />';
const SKIPPED = '<testcase name="c"><skipped /></testcase>';
const FAILED =
  '<testcase name="d"><failure message="no">at d</failure></testcase>';
const ENDED = { code: 0, timedOut: false };

describe("summarize()", () => {
  it("has a line for each runtime and a total", () => {
    const results = [
      judge("Bun 1.4.5", "bun", PASSED, ENDED),
      judge("Node 26.1.0", "node", PASSED, ENDED),
    ];
    assertEquals(summarize(results, true), {
      lines: [
        "Bun 1.4.5: 2 passed, 0 failed",
        "Node 26.1.0: 2 passed, 0 failed",
        "4 passed, 0 failed",
      ],
      ok: true,
    });
  });

  it("fails for a failed test", () => {
    const end = { code: 1, timedOut: false };
    const result = judge("Bun 1.4.5", "bun", PASSED + FAILED, end);
    const { lines, ok } = summarize([result], false);
    assertEquals(lines, [
      "Failed on Bun 1.4.5: d: no",
      "Bun 1.4.5: 2 passed, 1 failed",
      "2 passed, 1 failed",
    ]);
    assertEquals(ok, false);
  });

  it("lets tests be skipped, but not where CI is true", () => {
    const result = judge("Bun 1.4.5", "bun", PASSED + SKIPPED, ENDED);
    assertEquals(summarize([result], false), {
      lines: [
        "Bun 1.4.5: 2 passed, 0 failed, 1 skipped",
        "2 passed, 0 failed, 1 skipped",
      ],
      ok: true,
    });
    const { lines, ok } = summarize([result], true);
    assertEquals(lines[0], "Skipped on Bun 1.4.5: c");
    assertEquals(lines.at(-1), "2 passed, 0 failed, 1 skipped");
    assertEquals(ok, false);
  });
});

describe("judge()", () => {
  it("fails a run without tests", () => {
    const result = judge("Bun 1.4.5", "bun", "", ENDED);
    assertEquals(result.problem, "no test was run (exit code 0)");
    assertEquals(summarize([result], false).ok, false);
  });

  it("fails a run that crashed after its tests passed", () => {
    const end = { code: 134, timedOut: false };
    const result = judge("Node 26.1.0", "node", PASSED, end);
    assertEquals(result.counts, { passed: 2, failed: 1, skipped: 0 });
    assertEquals(summarize([result], false).ok, false);
  });

  it("fails a run that hung", () => {
    const end = { code: 137, timedOut: true };
    const result = judge("Node 26.1.0", "node", PASSED, end);
    assertEquals(result.problem, "the run was ended after 15 minutes");
    assertEquals(summarize([result], false).ok, false);
  });
});
