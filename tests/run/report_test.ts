import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { readReport } from "./report.ts";

const DENO = `<testsuites name="deno test" tests="5">
  <testsuite name="./a_test.ts" tests="5">
    <testcase name="outer" classname="./a_test.ts" time="0.015">
    </testcase>
    <testcase name="outer &gt; one" classname="./a_test.ts">
    </testcase>
    <testcase name="outer &gt; inner" classname="./a_test.ts">
    </testcase>
    <testcase name="outer &gt; inner &gt; two" classname="./a_test.ts">
      <skipped/>
    </testcase>
    <testcase name="alone" classname="./a_test.ts">
    </testcase>
  </testsuite>
</testsuites>`;

const LEAK = "  - &quot;sleep&quot; was started in this test";

const FAILURE = `<failure message="Leaks detected">Leaks detected:
${LEAK}
Run again with --trace-leaks.</failure></testcase>`;

const REASON = `Leaks detected\n  - "sleep" was started in this test`;

const BUN = `<testsuites name="bun test" tests="3">
  <testsuite name="n_test.ts" file="n_test.ts" tests="3">
    <testsuite name="outer" file="n_test.ts" line="2" tests="3">
      <testcase name="one" classname="outer" time="0.0" file="n_test.ts" />
      <testcase name="two" classname="outer" time="0" file="n_test.ts">
        <skipped />
      </testcase>
      <testcase name="three" classname="outer" time="0" file="n_test.ts">
        <failure type="Error" message="x">Error: x&#10;  at &lt;anonymous></failure>
      </testcase>
    </testsuite>
  </testsuite>
</testsuites>`;

const NODE = `<testsuites>
  <testsuite name="outer" time="0.002" tests="3">
    <testcase name="says &quot;a > b&quot;" time="0.0006" classname="outer"/>
    <testcase name="two" time="0.0001" classname="outer">
      <skipped type="skipped" message="true"/>
    </testcase>
    <testcase name="three" time="0.0002" classname="outer" failure="x">
      <failure type="testCodeFailure" message="x">
[Error [ERR_TEST_FAILURE]: x] {
  cause: Error: x at TestContext.&lt;anonymous> (file:///n_test.ts:2:112)
}
      </failure>
    </testcase>
  </testsuite>
</testsuites>`;

describe("readReport()", () => {
  it("leaves out the groups that Deno lists as tests", () => {
    assertEquals(readReport(DENO, "deno"), [
      { name: "outer > one", result: "passed" },
      { name: "outer > inner > two", result: "skipped" },
      { name: "alone", result: "passed" },
    ]);
  });

  it("keeps a group of Deno's that failed though its tests passed", () => {
    const xml = DENO.replace("</testcase>", FAILURE);
    assertEquals(readReport(xml, "deno")[0], {
      name: "outer",
      result: "failed",
      reason: REASON,
    });
  });

  it("counts a test that failed in a group of Deno's once", () => {
    const failing = DENO.split("</testcase>", 2).join(FAILURE) + FAILURE;
    assertEquals(readReport(failing, "deno"), [
      { name: "outer > one", result: "failed", reason: REASON },
    ]);
  });

  it("reads the report of Bun", () => {
    assertEquals(readReport(BUN, "bun"), [
      { name: "outer > one", result: "passed" },
      { name: "outer > two", result: "skipped" },
      { name: "outer > three", result: "failed", reason: "x" },
    ]);
  });

  it("reads the report of Node", () => {
    assertEquals(readReport(NODE, "node"), [
      { name: 'outer > says "a > b"', result: "passed" },
      { name: "outer > two", result: "skipped" },
      { name: "outer > three", result: "failed", reason: "x" },
    ]);
  });

  it("finds no test in an empty report", () => {
    assertEquals(readReport("", "node"), []);
  });
});
