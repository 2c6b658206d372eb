import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../tests/support/root.ts";

/** The tables of `bench/results.md`. */
export class ResultsFile {
  /** The rows of each section by their names, with the cells by the heads of their columns. */
  readonly #sections = new Map<string, Map<string, Map<string, string>>>();

  /** @param text The file's text; by default that of the last complete run. */
  constructor(text = readFileSync(join(ROOT, "bench/results.md"), "utf8")) {
    for (const part of text.split("\n### ").slice(1)) {
      const [title = "", ...lines] = part.split("\n");
      const [head = [], , ...rows] = lines
        .filter((line) => line.startsWith("|")).map(cellsOf);
      const section = rows.map(([name = "", ...cells]) =>
        [
          name,
          new Map(cells.map((cell, i) => [head[i + 1] ?? "", cell])),
        ] as const
      );
      this.#sections.set(title, new Map(section));
    }
  }

  /**
   * Returns a number; `undefined` where it was not measured.
   *
   * @param section The beginning of the section's title.
   */
  number(section: string, row: string, column: string): number | undefined {
    const title = [...this.#sections.keys()]
      .find((title) => title.startsWith(section));
    const cell = this.#sections.get(title ?? "")?.get(row)?.get(column) ?? "";
    return cell === "" ? undefined : Number(cell.replaceAll(",", ""));
  }
}

function cellsOf(line: string): string[] {
  return line.split("|").slice(1, -1).map((cell) => cell.trim());
}
