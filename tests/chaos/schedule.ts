import { type Fault, rowOf, type Trial } from "./fault.ts";
import { reasonOf } from "./raw_gateway.ts";
import { explain, type Row } from "./table.ts";

/** How long a fault may take on one runtime. */
const LONGEST_MS = 240_000;

/** How many quiet faults of a single gateway are tried at the same time: they wait for most of it. */
const TOGETHER = 6;

/** A fault on a runtime. */
export interface Attempt {
  readonly fault: Fault;
  readonly trial: Trial;
}

/** Attempts that have begun, each with its rows when it is done. */
export type Results = ReadonlyMap<Attempt, Promise<Row[]>>;

/**
 * Tries faults: quiet ones side by side, then loud ones, one after the other. Nothing rejects: what fails is a breach.
 *
 * @param together How many quiet ones at the same time.
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
      results.get(next)?.resolve(await attempt(next));
    }
  }
  async function workAll(): Promise<void> {
    // Of a short trial nothing is measured.
    const isLoud = ({ fault, trial }: Attempt): boolean =>
      fault.isLoud && !trial.isShort;
    const quiet = attempts.filter((attempt) => !isLoud(attempt));
    await Promise.all(Array.from({ length: together }, () => work(quiet)));
    await work(attempts.filter(isLoud));
  }
  void workAll();
  return new Map([...results].map(([key, { promise }]) => [key, promise]));
}

/** One line for each row, as it comes. */
export function progress(rows: readonly Row[]): string {
  return rows.flatMap((row) => [
    `${row.breaches.length === 0 ? "ok    " : "BREACH"} ${row.fault} on ` +
    `${row.runtime}, ${row.transport}: ${row.title} ` +
    `(${row.seconds.toFixed(1)} s) ${row.note}`,
    ...explain(row),
  ]).join("\n");
}

/** Tries one. One that fails or doesn't end is a breach, too. */
async function attempt({ fault, trial }: Attempt): Promise<Row[]> {
  const started = performance.now();
  let timer: ReturnType<typeof setTimeout> | undefined;
  try {
    return await Promise.race([
      fault.run(trial),
      new Promise<never>((_, reject) => {
        const why = `it did not end within ${LONGEST_MS / 1000} s`;
        timer = setTimeout(() => reject(new Error(why)), LONGEST_MS);
      }),
    ]);
  } catch (error) {
    const breaches = [reasonOf(error)];
    return [rowOf(fault, trial, started, { transport: "all", breaches })];
  } finally {
    clearTimeout(timer);
  }
}
