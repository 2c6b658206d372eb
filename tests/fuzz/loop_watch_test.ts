import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import { pause } from "../../core/time/backoff.ts";
import { LoopWatch } from "../support/process/loop_watch.ts";

/** How long the event loop is blocked. */
const BLOCKED_MS = 150;

it("LoopWatch reports how long this process blocked its event loop", async () => {
  using watch = new LoopWatch();
  const start = performance.now();
  while (performance.now() - start < BLOCKED_MS);
  await pause(0);
  const { longest, busiest } = watch.take();
  assert(busiest > BLOCKED_MS / 2);
  assert(longest >= busiest);
  assertEquals(watch.take().busiest < BLOCKED_MS / 2, true);
});
