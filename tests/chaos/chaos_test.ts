import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { Arena } from "./arena.ts";
import { TRANSPORTS } from "./client_protocol.ts";
import type { Fault, Trial } from "./fault.ts";
import { FAULTS } from "./faults/mod.ts";
import { currentProgram, currentRuntime } from "../support/process/programs.ts";
import { BESIDE, testFaults } from "./fault_tests.ts";
import type { Row } from "./table.ts";

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

const falsified: Fault = {
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
          ...await arena.judge(falsified, started, () => ({}), group),
        );
      }
      return rows;
    }),
};

describe("a gateway and its clients", () => {
  const faults = FAULTS.filter(({ number }) => !TOO_LONG.includes(number));
  const rowsOf = testFaults(faults, trial, { others: [falsified] });

  it(
    "are reported when they lose, duplicate or reorder a message",
    BESIDE,
    async () => {
      const rows = await rowsOf(falsified);
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
