import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { backoff, DEFAULT_BACKOFF, pause } from "../../../core/time/backoff.ts";

describe("backoff()", () => {
  it("returns a time between 250 ms and a limit that doubles up to 20 s", () => {
    for (const attempt of [0, 1, 5, 100]) {
      assertEquals(backoff(attempt, DEFAULT_BACKOFF, () => 0), 250);
    }
    const most = [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempt) =>
      backoff(attempt, DEFAULT_BACKOFF, () => 1)
    );
    assertEquals(
      most,
      [500, 1000, 2000, 4000, 8000, 16_000, 20_000, 20_000, 20_000],
    );
  });

  it("stays within the bounds that it is given", () => {
    const bounds = { minMs: 10, maxMs: 30 };
    const least = [0, 1, 5].map((attempt) => backoff(attempt, bounds, () => 0));
    const most = [0, 1, 5].map((attempt) => backoff(attempt, bounds, () => 1));
    assertEquals([least, most], [[10, 10, 10], [20, 30, 30]]);
    // The longest time holds where the shortest is longer.
    const crossed = { minMs: 500, maxMs: 100 };
    for (const random of [0, 0.5, 1]) {
      assertEquals(backoff(3, crossed, () => random) <= 100, true);
    }
  });

  it("spreads the times evenly", () => {
    assertEquals(backoff(2, DEFAULT_BACKOFF, () => 0.5), 1125);
  });
});

describe("pause()", () => {
  it("ends when the signal aborts", async () => {
    const controller = new AbortController();
    const paused = pause(1_000_000, controller.signal);
    controller.abort();
    await paused;
  });

  it("does not wait if the signal has already aborted", async () => {
    await pause(1_000_000, AbortSignal.abort());
  });
});
