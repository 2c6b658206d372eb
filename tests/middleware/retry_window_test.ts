import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { maxAttemptsOf, retryWindow } from "../../middleware/retry_window.ts";

describe("retryWindow()", () => {
  it("is longer than any attempts of a step can be apart, by Inngest's own delays", () => {
    // Each delay has up to 30 s more, at random.
    assert(retryWindow(4) > 15 + 30 + 60 + 3 * 30);
    assert(retryWindow(5) > 312);
    assert(retryWindow(11) > 15 + 30 + 60 + 120 + 300 + 600 + 1200 + 2400);
  });

  it("grows with the number of attempts, and leaves 5 minutes for each", () => {
    assertEquals([1, 2, 3].map(retryWindow), [300, 645, 1005]);
    for (let attempts = 1; attempts < 13; attempts++) {
      assert(retryWindow(attempts + 1) >= retryWindow(attempts) + 300);
    }
  });

  it("is at most a day", () => {
    assertEquals([21, 1000, Infinity].map(retryWindow), Array(3).fill(86_400));
  });
});

describe("maxAttemptsOf()", () => {
  it("is what Inngest says, else one more than the function's retries, else 4", () => {
    const fn = { opts: { retries: 10 } };
    assertEquals(maxAttemptsOf({ maxAttempts: 2 }, fn), 2);
    assertEquals(maxAttemptsOf({}, fn), 11);
    assertEquals(maxAttemptsOf({}, { opts: { retries: 0 } }), 1);
    assertEquals(maxAttemptsOf({}, {}), 4);
  });
});
