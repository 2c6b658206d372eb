import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import process from "node:process";
import { pause } from "../../core/time/backoff.ts";
import { LoopWatch } from "../support/process/loop_watch.ts";

/** How long the event loop is blocked, in time of the processor. */
const BLOCKED_MS = 150;

it("LoopWatch reports how long this process blocked its event loop", async () => {
  using watch = new LoopWatch();
  const start = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(start);
    if (user + system > BLOCKED_MS * 1000) break;
  }
  await pause(0);
  const { longest, busiest } = watch.take();
  assert(busiest > BLOCKED_MS / 2);
  assert(longest >= busiest);
  assertEquals(watch.take().busiest < BLOCKED_MS / 2, true);
});
