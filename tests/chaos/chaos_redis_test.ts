import { describe } from "@std/testing/bdd";
import { TRANSPORTS } from "./client_protocol.ts";
import type { Fault, Trial } from "./fault.ts";
import { failover } from "./faults/redis/failover.ts";
import { killGateways } from "./faults/redis/kill.ts";
import { flush } from "./faults/redis/loss.ts";
import { pauseRedis } from "./faults/redis/pause.ts";
import { rollGateways } from "./faults/redis/roll.ts";
import { currentProgram, currentRuntime } from "../support/process/programs.ts";
import { testFaults } from "./fault_tests.ts";
import { nginxPath, redisPath } from "../support/requirements.ts";

const isHere = redisPath() !== undefined && nginxPath() !== undefined;
const withCluster = isHere ? describe : describe.skip;

/** The faults that need several gateways. The tests of the brokers have more of them, and `deno task chaos --broker redis` has all. */
const FAULTS: readonly Fault[] = [
  killGateways,
  rollGateways,
  failover,
  pauseRedis,
  flush,
];

/** How many faults run at the same time. */
const TOGETHER = 3;

const runtime = currentRuntime();
const trial: Trial = {
  programs: currentProgram(),
  runtime,
  cluster: [runtime, runtime, runtime],
  clients: runtime,
  transports: TRANSPORTS,
  isShort: true,
};

withCluster("three gateways on Redis, behind nginx, and their clients", () => {
  testFaults(FAULTS, trial, { together: TOGETHER });
});
