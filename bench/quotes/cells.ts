import { formatRows } from "../../tests/support/markdown.ts";

/** The head of the column with the server's CPU time. */
export const CPU = "server CPU, µs";
/** The head of the column with a rate. */
export const RATE = "per second";

/** Formats a table. Rows that were not measured are left out; without any row it is empty. */
export function table(
  head: readonly string[],
  rows: ReadonlyArray<readonly string[]>,
): string {
  const measured = rows.filter(([, first]) => first !== "");
  return measured.length === 0 ? "" : formatRows([head, ...measured]);
}

/** Formats a number with two digits behind the point; empty where it was not measured. */
export function fixed(value: number | undefined): string {
  return value === undefined ? "" : value.toFixed(2);
}

/** Formats a number with the digits that are the same in the next run, too. */
export function precise(value: number): string {
  return value < 1 ? value.toFixed(2) : String(Number(value.toPrecision(3)));
}

/** Formats a number with two significant digits; empty where it was not measured. */
export function count(value: number | undefined): string {
  return value === undefined
    ? ""
    : Number(value.toPrecision(2)).toLocaleString("en");
}
