import { readdirSync } from "node:fs";

/**
 * The test files of a folder and of those in it, sorted. With filters: those
 * whose path contains one of them.
 */
export function findTests(
  folder: string,
  filters: readonly string[],
): string[] {
  return filesOf(folder)
    .filter((path) => path.endsWith("_test.ts") || path.endsWith("_test.tsx"))
    .filter((path) =>
      filters.length === 0 || filters.some((filter) => path.includes(filter))
    )
    .sort();
}

/** Folders that are no part of a clone. */
const NOT_OURS = new Set(["node_modules", ".git", ".runtimes", "coverage"]);

/** Every file of a folder and of those in it, as a clone has them. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}
