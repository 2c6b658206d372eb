import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { EventLoopLag } from "../../../server/metrics/event_loop_lag.ts";
import { until } from "../../support/until.ts";

describe("EventLoopLag", () => {
  it("sees how long the event loop was blocked", async () => {
    const lag = new EventLoopLag();
    assertEquals(lag.seconds, 0);
    lag.start();
    const began = performance.now();
    while (performance.now() - began < 400);
    // The timer of 100 ms was due when 300 ms of the block were left.
    await until(() => lag.seconds >= 0.25);
    assert(lag.seconds < 10);
    lag.stop();
  });
});
