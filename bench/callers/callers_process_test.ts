import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { subscribe } from "../../mod.ts";
import { appOf, takeData } from "../../tests/support/client/client.ts";
import { startGateway } from "../../tests/support/gateway/gateway.ts";
import {
  currentProgram,
  currentRuntime,
} from "../../tests/support/process/programs.ts";
import { TOPIC } from "../../tests/support/topic.ts";
import { type CallersProcess, startCallersProcess } from "./callers_process.ts";
import type { CallersTarget } from "./ways.ts";

const LOAD = { callers: 8, channels: 2, bytes: 250 };

function start(target: Omit<CallersTarget, "way">): Promise<CallersProcess> {
  const way = "our client";
  return startCallersProcess(currentProgram(), currentRuntime(), {
    ...target,
    way,
  });
}

describe("a process of callers", () => {
  it("publishes until the time is over, and measures each acknowledgement", async () => {
    await using gateway = await startGateway();
    await using callers = await start(gateway);
    const report = await callers.publish({ ...LOAD, seconds: 0.2 });
    const { published, seconds, cpuMs, p50Ms, p99Ms } = report;
    assert(published >= LOAD.callers && seconds >= 0.2 && cpuMs > 0);
    assert(p50Ms > 0 && p99Ms >= p50Ms);
  });

  it("publishes a number of messages with each caller, spread over the channels", async () => {
    await using gateway = await startGateway();
    const app = appOf(gateway);
    await using first = await subscribe({
      app,
      channel: "callers-0",
      topics: [TOPIC],
    });
    await using second = await subscribe({
      app,
      channel: "callers-1",
      topics: [TOPIC],
    });
    await using callers = await start(gateway);
    const load = { ...LOAD, seconds: 60, most: 5 };
    const { published } = await callers.publish(load);
    assertEquals(published, 40);
    const data = "x".repeat(LOAD.bytes - 2);
    for (const stream of [first, second]) {
      assertEquals(await takeData(stream, 20), Array(20).fill(data));
    }
  });

  it("fails when a message is refused", async () => {
    await using gateway = await startGateway();
    await using callers = await start({ ...gateway, signingKey: "wrong" });
    await assertRejects(
      () => callers.publish({ ...LOAD, seconds: 0.2 }),
      Error,
      "The callers ended",
    );
  });
});
