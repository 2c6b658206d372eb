import { type Fault, rowOf, type Trial } from "./fault.ts";
import { reasonOf } from "./raw_gateway.ts";
import { explain, type Row } from "./table.ts";

/** How long a fault may take that doesn't say it. */
const LONGEST_MS = 240_000;

/** How many quiet faults of single gateways run at the same time. They mostly wait. */
const TOGETHER = 6;

/** A fault on a runtime. */
export interface Attempt {
  readonly fault: Fault;
  readonly trial: Trial;
}

/** The rows of each attempt, as promises. */
export type Results = ReadonlyMap<Attempt, Promise<Row[]>>;

/**
 * Starts attempts: quiet faults side by side, then loud ones, one after the other. The promises don't reject: an attempt that fails
 * resolves with a breach.
 *
 * @param together How many quiet faults run at the same time.
 */
export function startAll(
  attempts: readonly Attempt[],
  together: number = TOGETHER,
): Results {
  const results = new Map(
    attempts.map((attempt) => [attempt, Promise.withResolvers<Row[]>()]),
  );
  async function work(queue: Attempt[]): Promise<void> {
    for (let next = queue.shift(); next; next = queue.shift()) {
      results.get(next)?.resolve(await run(next));
    }
  }
  async function workAll(): Promise<void> {
    // A short trial measures no times, so it can run beside others.
    const isLoud = ({ fault, trial }: Attempt): boolean =>
      fault.isLoud && !trial.isShort;
    const quiet = attempts.filter((attempt) => !isLoud(attempt));
    await Promise.all(Array.from({ length: together }, () => work(quiet)));
    await work(attempts.filter(isLoud));
  }
  void workAll();
  return new Map([...results].map(([key, { promise }]) => [key, promise]));
}

/** Formats rows as lines that show the progress. */
export function progress(rows: readonly Row[]): string {
  return rows.flatMap((row) => [
    `${row.breaches.length === 0 ? "ok    " : "BREACH"} ${row.fault} on ` +
    `${row.runtime}, ${row.transport}: ${row.title} ` +
    `(${row.seconds.toFixed(1)} s) ${row.note}`,
    ...explain(row),
  ]).join("\n");
}

/** Runs an attempt. One that fails or doesn't end in time is a breach. */
async function run({ fault, trial }: Attempt): Promise<Row[]> {
  const { longestMs = LONGEST_MS } = fault;
  const started = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      fault.run(trial),
      new Promise<never>((_, reject) => {
        const why = `it did not end within ${longestMs / 1000} s`;
        timer = setTimeout(() => reject(new Error(why)), longestMs);
      }),
    ]);
  } catch (error) {
    const breaches = [reasonOf(error)];
    return [rowOf(fault, trial, started, { transport: "all", breaches })];
  } finally {
    clearTimeout(timer);
  }
}
