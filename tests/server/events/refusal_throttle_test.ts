import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RefusalThrottle } from "../../../server/events/refusal_throttle.ts";

describe("RefusalThrottle", () => {
  it("lets 10 refusals of a kind through in a second, and counts the others", () => {
    const throttle = new RefusalThrottle();
    const admitted = Array.from(
      { length: 25 },
      () => throttle.admit("forbidden", 1_000),
    );
    assertEquals(admitted, [
      ...Array(10).fill(0),
      ...Array(15).fill(undefined),
    ]);
    assertEquals(throttle.admit("rate_limited", 1_999), 0);
    assertEquals(throttle.admit("forbidden", 2_000), 15);
    assertEquals(throttle.admit("forbidden", 2_001), 0);
  });
});
