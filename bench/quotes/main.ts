/**
 * Writes the numbers of `bench/results.md` into the documents that quote them.
 *
 * ```sh
 * deno task bench:quotes
 * ```
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tests/support/root.ts";
import { ResultsFile } from "../results_file.ts";
import { DOCUMENTS, withQuotes } from "./quotes.ts";

const results = new ResultsFile();
for (const name of DOCUMENTS) {
  const path = join(ROOT, name);
  writeFileSync(path, withQuotes(readFileSync(path, "utf8"), results));
}
