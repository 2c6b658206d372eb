import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../support/root.ts";

/** One broken set-up, with the sentences that both sides get. */
export interface DocumentedSetUp {
  readonly name: string;
  readonly developer: readonly string[];
  readonly operator: readonly string[];
}

/** Returns a document of the project. */
export function readDocument(name: string): string {
  return readFileSync(join(ROOT, "docs", name), "utf8");
}

/** Returns the texts of a cell that are marked as code. */
function codeIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code);
}

/** Reads the table of the broken set-ups, whose sentences are marked as code. */
export function documentedSetUps(text: string): DocumentedSetUp[] {
  const [, section = ""] = text.split("\n## Ten broken set-ups\n");
  const rows = section.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) => {
    const [name = "", developer = "", operator = ""] = row.split(" | ")
      .map((cell) => cell.replace(/^\|/, "").trim());
    return { name, developer: codeIn(developer), operator: codeIn(operator) };
  });
}
