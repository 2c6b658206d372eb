import { readFileSync } from "node:fs";
import { join } from "node:path";
import { filesOf } from "../run/files.ts";
import { ROOT } from "../support/root.ts";

/** Returns the text of a file, by its path from the project's folder. */
export function readFile(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** Returns the paths of all files that a clone has. */
export function allFiles(): string[] {
  return filesOf(ROOT).map((path) => path.slice(ROOT.length + 1));
}

/** Returns the texts of all source files, by their paths. */
export function readSources(): ReadonlyMap<string, string> {
  const paths = allFiles().filter((path) => /\.(ts|tsx|js)$/.test(path));
  return new Map(paths.sort().map((path) => [path, readFile(path)]));
}

/** Tells whether a source file is part of the product: neither a test, nor a benchmark, nor an example. */
export function isProduct(path: string): boolean {
  return !/^(tests|bench|examples|docs|dist)\//.test(path);
}
