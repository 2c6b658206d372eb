import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Durations } from "../../../server/events/durations.ts";

describe("Durations", () => {
  it("counts each duration in the first bucket that it fits into, its bound included", () => {
    const durations = new Durations([0.25, 0.5, 1]);
    for (const seconds of [0, 0.25, 0.375, 1, 1.5, 64]) durations.add(seconds);
    assertEquals(durations.counts, [2, 1, 1]);
    assertEquals([durations.count, durations.sum], [6, 67.125]);
  });
});
