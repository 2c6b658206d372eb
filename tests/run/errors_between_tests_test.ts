import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { errorsBetweenTests, leftOpen } from "./errors_between_tests.ts";

/** The output of Bun 1.4.5 for an error that is thrown after its test, and for a file that can't be loaded. */
const OUTPUT = `
a_test.ts:
(pass) a > is good [0.12ms]

b_test.ts:

# Unhandled error between tests
-------------------------------
2 | setTimeout(() => Promise.reject(new Error("late")), 3);
                                        ^
error: late
      at <anonymous> (/project/a_test.ts:2:76)
-------------------------------


# Unhandled error between tests
-------------------------------
error: Cannot find module "./absent.ts" from "/project/b_test.ts"
-------------------------------


 1 pass
 2 errors
`;

describe("errorsBetweenTests()", () => {
  it("returns each error with its place", () => {
    const [late = "", ...others] = errorsBetweenTests(OUTPUT);
    assertEquals(late.split("\n").slice(-2), [
      "error: late",
      "      at <anonymous> (/project/a_test.ts:2:76)",
    ]);
    assertEquals(others, [
      'error: Cannot find module "./absent.ts" from "/project/b_test.ts"',
    ]);
  });

  it("returns nothing where all errors are in tests", () => {
    assertEquals(errorsBetweenTests("(fail) a > is bad [0.12ms]\n"), []);
  });
});

describe("leftOpen()", () => {
  const failed = "▶ a\n  ✔ is good (1.5ms)\n  ✖ is bad (36.25ms)\n✖ a (40ms)\n";
  const line = "Left open after the tests: PipeWrap, ProcessWrap";

  it("names what is open, and the tests that failed", () => {
    assertEquals(leftOpen(`${failed}${line}\n`), [
      line,
      "✖ is bad (36.25ms)",
      "✖ a (40ms)",
    ]);
  });

  it("leaves failed tests to the report where nothing is open", () => {
    assertEquals(leftOpen(failed), []);
  });
});
