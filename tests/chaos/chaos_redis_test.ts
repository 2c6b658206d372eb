import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { TRANSPORTS } from "./client_protocol.ts";
import type { Fault, Trial } from "./fault.ts";
import { failover } from "./faults/redis/failover.ts";
import { killGateways } from "./faults/redis/kill.ts";
import { flush } from "./faults/redis/loss.ts";
import { pauseRedis } from "./faults/redis/pause.ts";
import { rollGateways } from "./faults/redis/roll.ts";
import { currentProgram, currentRuntime } from "../support/process/programs.ts";
import { type Results, startAll } from "./schedule.ts";
import { explain, type Row } from "./table.ts";
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

/** All faults start with the first test, so their timers and sockets outlive it. */
const BESIDE = { sanitizeOps: false, sanitizeResources: false };

withCluster("three gateways on Redis, behind nginx, and their clients", () => {
  const attempts = FAULTS.map((fault) => ({ fault, trial }));
  let results: Results | undefined;

  async function rowsOf(fault: Fault): Promise<readonly Row[]> {
    results ??= startAll(attempts, TOGETHER);
    const attempt = attempts.find((attempt) => attempt.fault === fault);
    return await (attempt && results.get(attempt)) ?? [];
  }

  for (const fault of FAULTS) {
    it(
      `lose, duplicate and reorder nothing: ${fault.title}`,
      BESIDE,
      async () => {
        const rows = await rowsOf(fault);
        assert(rows.length > 0);
        assertEquals(rows.flatMap(explain), []);
      },
    );
  }
});
