import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { ratioOf, ratioRange, type Result } from "./results.ts";

function resultOf(...values: number[]): Result {
  return {
    lane: "lane",
    role: "gateway",
    runtime: undefined,
    samples: values.map((cpuUs) => ({ cpuUs })),
  };
}

describe("The ratio of two results", () => {
  it("is the median of the rounds' ratios, not the ratio of the medians", () => {
    const slowAtTheEnd = resultOf(2, 4, 80);
    assertEquals(ratioOf(slowAtTheEnd, resultOf(2, 2, 40), "cpuUs"), 2);
  });

  it("lies between the ratios whose ranks are a root of their number from the middle", () => {
    const values = Array.from({ length: 25 }, (_, i) => i + 1);
    const ones = resultOf(...values.map(() => 1));
    assertEquals(ratioRange(resultOf(...values), ones, "cpuUs"), [8, 18]);
    // The order of the rounds doesn't matter.
    const reversed = resultOf(...values.reverse());
    assertEquals(ratioRange(reversed, ones, "cpuUs"), [8, 18]);
  });

  it("has no interval where the rounds are too few, or none was measured", () => {
    const three = resultOf(1, 2, 3);
    assertEquals(ratioRange(three, three, "cpuUs"), undefined);
    assertEquals(ratioRange(three, three, "p50Ms"), undefined);
    assertEquals(ratioOf(three, three, "p50Ms"), undefined);
  });
});
