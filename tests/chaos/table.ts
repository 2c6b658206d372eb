import { formatRows } from "../support/markdown.ts";

/** A row of the report: the result of a fault for one transport on one runtime. */
export interface Row {
  /** The number of the fault in `docs/guarantees.md`. */
  readonly fault: string;
  readonly title: string;
  readonly runtime: string;
  readonly transport: string;
  /** Acknowledged messages; attempts, where the fault is about attempts. */
  readonly sent: number;
  /** Deliveries to subscribers. */
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly gaps: number;
  seconds: number;
  /** Further measurements. */
  readonly note: string;
  /** Descriptions of the broken promises. */
  readonly breaches: string[];
}

const COLUMNS: ReadonlyArray<readonly [string, (row: Row) => string]> = [
  ["fault", (row) => row.fault],
  ["what", (row) => row.title],
  ["runtime", (row) => row.runtime],
  ["transport", (row) => row.transport],
  ["sent", (row) => count(row.sent)],
  ["received", (row) => count(row.received)],
  ["lost", (row) => count(row.lost)],
  ["dup", (row) => count(row.duplicated)],
  ["reord", (row) => count(row.reordered)],
  ["gaps", (row) => count(row.gaps)],
  ["s", (row) => row.seconds.toFixed(1)],
  ["verdict", (row) => row.breaches.length === 0 ? "ok" : "BREACH"],
  ["measured", (row) => row.note],
];

const LEFT = ["fault", "what", "runtime", "transport", "verdict", "measured"];

/** Formats rows as a Markdown table, with each breach on a line below. */
export function formatTable(rows: readonly Row[]): string {
  const table = formatRows([
    COLUMNS.map(([title]) => title),
    ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row))),
  ], { left: LEFT });
  return [table, ...rows.flatMap(explain)].join("\n");
}

/** Formats the breaches of a row. */
export function explain(row: Row): string[] {
  return row.breaches.map((breach) =>
    `BREACH of ${row.fault} on ${row.runtime}, ${row.transport}: ${breach}`
  );
}

function count(value: number): string {
  return value.toLocaleString("en");
}
