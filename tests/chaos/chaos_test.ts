import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Arena } from "./arena.ts";
import { TRANSPORTS } from "./client_protocol.ts";
import type { Fault, Trial } from "./fault.ts";
import { FAULTS } from "./faults/mod.ts";
import { currentProgram, currentRuntime } from "../support/process/programs.ts";
import { type Results, startAll } from "./schedule.ts";
import { explain, type Row } from "./table.ts";

/** Faults that take long even in a short trial; only `deno task chaos` runs them. */
const TOO_LONG = ["19"];

const trial: Trial = {
  programs: currentProgram(),
  runtime: currentRuntime(),
  clients: currentRuntime(),
  transports: TRANSPORTS,
  isShort: true,
};

/** How the client processes falsify their own records, and the counts that must result. */
const SABOTAGE = {
  lose: { lost: 1, duplicated: 0, reordered: 0 },
  duplicate: { lost: 0, duplicated: 1, reordered: 0 },
  reorder: { lost: 0, duplicated: 0, reordered: 1 },
} as const;

const sabotaged: Fault = {
  number: "0",
  title: "falsified records",
  isLoud: false,
  run: (trial) =>
    Arena.run(trial, {}, async (arena) => {
      const groups = Object.keys(SABOTAGE) as Array<keyof typeof SABOTAGE>;
      for (const sabotage of groups) {
        const plan = { channels: ["sabotage"], count: 1, sabotage };
        await arena.open({ ...plan, group: sabotage });
      }
      await arena.publisher.burst("sabotage", 10);
      const started = performance.now();
      const rows: Row[] = [];
      for (const group of groups) {
        rows.push(
          ...await arena.judge(sabotaged, started, () => ({}), group),
        );
      }
      return rows;
    }),
};

/** All faults start with the first test, so their timers and sockets outlive it. */
const BESIDE = { sanitizeOps: false, sanitizeResources: false };

describe("a gateway and its clients", () => {
  const faults = FAULTS.filter(({ number }) => !TOO_LONG.includes(number));
  const attempts = [...faults, sabotaged].map((fault) => ({ fault, trial }));
  let results: Results | undefined;

  /** Returns the rows of a fault. The first call starts all faults together, as they mostly wait. */
  async function rowsOf(fault: Fault): Promise<readonly Row[]> {
    results ??= startAll(attempts);
    const attempt = attempts.find((attempt) => attempt.fault === fault);
    return await (attempt && results.get(attempt)) ?? [];
  }

  for (const fault of faults) {
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

  it(
    "are reported when they lose, duplicate or reorder a message",
    BESIDE,
    async () => {
      const rows = await rowsOf(sabotaged);
      assertEquals(
        rows.map(({ lost, duplicated, reordered }) => {
          return { lost, duplicated, reordered };
        }),
        Object.values(SABOTAGE).flatMap((found) => TRANSPORTS.map(() => found)),
      );
      assert(rows.every(({ breaches }) => breaches.length > 0));
    },
  );
});
