import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { countTests, readReport } from "./junit.ts";

// As the three runners write them.
const DENO = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="deno test" tests="5" failures="0" errors="0" time="0.023">
  <testsuite name="./a_test.ts" tests="5" disabled="1" errors="0" failures="0">
    <testcase name="outer" classname="./a_test.ts" time="0.015" line="1" col="6">
    </testcase>
    <testcase name="outer &gt; one" classname="./a_test.ts" time="0.000">
    </testcase>
    <testcase name="outer &gt; inner" classname="./a_test.ts" time="0.000">
    </testcase>
    <testcase name="outer &gt; inner &gt; two" classname="./a_test.ts">
      <skipped/>
    </testcase>
    <testcase name="alone" classname="./a_test.ts" time="0.001">
    </testcase>
  </testsuite>
</testsuites>`;

const BUN = `<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="bun test" tests="4" assertions="0" failures="1" skipped="1">
  <testsuite name="n_test.ts" file="n_test.ts" tests="4" failures="1">
    <testsuite name="outer" file="n_test.ts" line="2" tests="3" failures="1">
      <testcase name="one" classname="outer" time="0.0" file="n_test.ts" />
      <testcase name="two" classname="outer" time="0" file="n_test.ts">
        <skipped />
      </testcase>
      <testcase name="three" classname="outer" time="0" file="n_test.ts">
        <failure type="Error" message="x">Error: x&#10;  at &lt;anonymous></failure>
      </testcase>
    </testsuite>
    <testcase name="alone" classname="" time="0" file="n_test.ts" line="3" />
  </testsuite>
</testsuites>`;

const NODE = `<?xml version="1.0" encoding="utf-8"?>
<testsuites>
  <testsuite name="outer" time="0.002" tests="3" failures="1" skipped="1">
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
  <!-- tests 4 -->
</testsuites>`;

describe("readReport()", () => {
  it("takes no group of Deno's for a test", () => {
    assertEquals(readReport(DENO, "cases"), [
      { name: "./a_test.ts > outer > one", result: "passed" },
      { name: "./a_test.ts > outer > inner > two", result: "skipped" },
      { name: "./a_test.ts > alone", result: "passed" },
    ]);
  });

  it("counts a group of Deno's that failed by itself", () => {
    const leaking = DENO.replace(
      'line="1" col="6">',
      'line="1" col="6"><failure message="Leaks detected">…</failure>',
    );
    assertEquals(countTests(readReport(leaking, "cases")), {
      passed: 2,
      failed: 1,
      skipped: 1,
    });
  });

  it("counts a failure in a group of Deno's once", () => {
    const failure = '<failure message="no">no</failure></testcase>';
    const failing = DENO
      .replace('line="1" col="6">', 'line="1" col="6"><failure/>')
      .replace(/(outer &gt; one"[^>]*>)\s*<\/testcase>/, `$1${failure}`);
    assertEquals(countTests(readReport(failing, "cases")), {
      passed: 1,
      failed: 1,
      skipped: 1,
    });
  });

  it("reads the results of Bun", () => {
    assertEquals(readReport(BUN, "suites"), [
      { name: "n_test.ts > outer > one", result: "passed" },
      { name: "n_test.ts > outer > two", result: "skipped" },
      { name: "n_test.ts > outer > three", result: "failed", reason: "x" },
      { name: "n_test.ts > alone", result: "passed" },
    ]);
  });

  it("reads the results of Node", () => {
    assertEquals(readReport(NODE, "suites"), [
      { name: 'outer > says "a > b"', result: "passed" },
      { name: "outer > two", result: "skipped" },
      { name: "outer > three", result: "failed", reason: "x" },
    ]);
  });

  it("finds nothing in an empty report", () => {
    assertEquals(readReport("", "suites"), []);
  });
});
