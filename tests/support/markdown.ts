/** Options of {@linkcode formatRows}. */
export interface RowsOptions {
  /**
   * The columns that are aligned left, by their heads.
   *
   * @default {only the first column}
   */
  readonly left?: readonly string[];
}

/** Formats rows as a Markdown table; the first row is its head. */
export function formatRows(
  rows: ReadonlyArray<readonly string[]>,
  { left }: RowsOptions = {},
): string {
  const [head = [], ...rest] = rows;
  const isLeft = (column: number): boolean =>
    left === undefined ? column === 0 : left.includes(head[column] ?? "");
  const widths = head.map((_, column) =>
    Math.max(3, ...rows.map((row) => (row[column] ?? "").length))
  );
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const rule = widths.map((width, column) =>
    isLeft(column) ? "-".repeat(width) : "-".repeat(width - 1) + ":"
  );
  const formatted = [head, ...rest].map((row) =>
    line(widths.map((width, column) => {
      const cell = row[column] ?? "";
      return isLeft(column) ? cell.padEnd(width) : cell.padStart(width);
    }))
  );
  formatted.splice(1, 0, line(rule));
  return formatted.join("\n");
}
