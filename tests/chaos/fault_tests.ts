import { assert, assertEquals } from "@std/assert";
import { it } from "@std/testing/bdd";
import type { Fault, Trial } from "./fault.ts";
import { type Results, startAll } from "./schedule.ts";
import { explain, type Row } from "./table.ts";

/** All faults start with the first test, so their timers and sockets outlive it. */
export const BESIDE = { sanitizeOps: false, sanitizeResources: false };

/** Options of {@linkcode testFaults}. */
export interface FaultTestOptions {
  /** Faults that run with the others and have no test of their own. */
  readonly others?: readonly Fault[];
  /** How many faults run at the same time. */
  readonly together?: number;
}

/**
 * Declares a test for each fault. The first test starts all faults, as they mostly wait.
 *
 * @returns The function that returns the rows of a fault.
 */
export function testFaults(
  faults: readonly Fault[],
  trial: Trial,
  { others = [], together }: FaultTestOptions = {},
): (fault: Fault) => Promise<readonly Row[]> {
  const attempts = [...faults, ...others].map((fault) => ({ fault, trial }));
  let results: Results | undefined;

  async function rowsOf(fault: Fault): Promise<readonly Row[]> {
    results ??= startAll(attempts, together);
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
  return rowsOf;
}
