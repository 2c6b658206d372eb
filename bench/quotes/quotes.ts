import type { ResultsFile } from "../results_file.ts";
import { adminCosts } from "./admin.ts";
import { brokers, sqliteCosts } from "./durable.ts";
import { fanOut, ownChannels } from "./readme.ts";
import { sizing } from "./sizing.ts";

/** The documents that quote results. */
export const DOCUMENTS = [
  "README.md",
  "docs/admin.md",
  "docs/deploy.md",
] as const;

/** The quotes by their names. */
const QUOTES: Readonly<Record<string, (results: ResultsFile) => string>> = {
  "fan-out": fanOut,
  "own channels": ownChannels,
  sizing,
  admin: adminCosts,
  brokers,
  sqlite: sqliteCosts,
};

/**
 * Returns a document with the numbers of a run, between `<!-- bench: name -->` and `<!-- end -->`. A quote stays as it is where the run has
 * none of its numbers.
 */
export function withQuotes(document: string, results: ResultsFile): string {
  return document.replaceAll(
    /(<!-- bench: (.+) -->\n)[^]*?(<!-- end -->)/g,
    (old: string, begin: string, name: string, end: string) => {
      const quote = QUOTES[name];
      if (!quote) {
        throw new Error(`Cannot quote results: there is no quote "${name}"`);
      }
      const text = quote(results);
      return text === "" ? old : `${begin}\n${text}\n\n${end}`;
    },
  );
}
