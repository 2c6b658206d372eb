/** One line of the report: what a fault did to one transport on one runtime. */
export interface Row {
  /** Number in the catalogue of faults. */
  readonly fault: string;
  readonly title: string;
  readonly runtime: string;
  readonly transport: string;
  /** Messages acknowledged to publishers, or attempts where the fault is about attempts. */
  readonly sent: number;
  /** Deliveries. */
  readonly received: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly reordered: number;
  readonly gaps: number;
  seconds: number;
  /** What was measured besides. */
  readonly note: string;
  /** What is not as it has to be. */
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

/** Columns of numbers stand at the right. */
const RIGHT = new Set([
  "sent",
  "received",
  "lost",
  "dup",
  "reord",
  "gaps",
  "s",
]);

/** Prints rows as a table of Markdown, each breach on a line below. */
export function formatTable(rows: readonly Row[]): string {
  const cells = [
    COLUMNS.map(([title]) => title),
    ...rows.map((row) => COLUMNS.map(([, cell]) => cell(row))),
  ];
  const widths = COLUMNS.map((_, column) =>
    Math.max(3, ...cells.map((line) => (line[column] ?? "").length))
  );
  const lines = cells.map((line) =>
    "| " + line.map((cell, column) => {
      const width = widths[column] ?? 0;
      return RIGHT.has(COLUMNS[column]?.[0] ?? "")
        ? cell.padStart(width)
        : cell.padEnd(width);
    }).join(" | ") + " |"
  );
  lines.splice(
    1,
    0,
    "| " +
      widths.map((width, column) =>
        RIGHT.has(COLUMNS[column]?.[0] ?? "")
          ? "-".repeat(width - 1) + ":"
          : "-".repeat(width)
      ).join(" | ") + " |",
  );
  return [...lines, ...rows.flatMap(explain)].join("\n");
}

/** A row's breaches in words. */
export function explain(row: Row): string[] {
  return row.breaches.map((breach) =>
    `BREACH of ${row.fault} on ${row.runtime}, ${row.transport}: ${breach}`
  );
}

function count(value: number): string {
  return value.toLocaleString("en");
}
