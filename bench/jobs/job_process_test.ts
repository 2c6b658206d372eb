import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import process from "node:process";
import { startGateway } from "../../tests/support/gateway/gateway.ts";
import {
  currentProgram,
  currentRuntime,
} from "../../tests/support/process/programs.ts";
import { Group } from "../load/group.ts";
import { type JobProcess, startJobs } from "./job_process.ts";
import type { JobTarget } from "./ways.ts";

const CHANNELS = 200;
const LOAD = { bytes: 250, seconds: 0.2 };

function start(target: JobTarget): Promise<JobProcess> {
  return startJobs(currentProgram(), currentRuntime(), target);
}

describe("a process of jobs", () => {
  for (const way of ["our client", "one request each"] as const) {
    it(`publishes to channels in turn, and numbers the messages of each: ${way}`, async () => {
      await using gateway = await startGateway();
      const { url, signingKey } = gateway;
      const { group } = await Group.open({
        port: Number(new URL(url).port),
        dialect: "tidings.v1",
        channel: "own",
        count: CHANNELS,
        channels: CHANNELS,
        signingKey,
      }, process.pid);
      await using jobs = await start({
        way,
        url,
        signingKey,
        channel: "own",
        channels: CHANNELS,
        publisher: 8,
        folder: ".",
      });
      for (let round = 0; round < 2; round++) {
        group.begin({ ...LOAD, pid: process.pid });
        const { published, cpuMs, seconds } = await jobs.publish(LOAD);
        const arrived = await group.end(published);
        assert(published >= 64 && cpuMs > 0 && seconds > 0);
        assertEquals(arrived.delivered, published);
        assertEquals(arrived.missing + arrived.repeated, 0);
      }
      group.close();
    });
  }

  it("fails when a message is refused", async () => {
    await using gateway = await startGateway();
    await using jobs = await start({
      way: "one request each",
      url: gateway.url,
      signingKey: "wrong",
      channel: "own",
      channels: CHANNELS,
      publisher: 8,
      folder: ".",
    });
    await assertRejects(() => jobs.publish(LOAD), Error, "The jobs ended");
  });
});
