import { readdirSync } from "node:fs";

/** Returns the sorted paths of a folder's test files; with filters, those that contain one of them. */
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

/**
 * Tells whether a test file does the same on every runtime, so that it runs only once: it checks types or the repository's files, or it
 * starts other programs as a document says.
 */
export function runsOnce(path: string): boolean {
  return path.startsWith("tests/repo/") || path.startsWith("tests/docs/") ||
    path === "tests/package/worker_test.ts" || path.endsWith("/types_test.ts");
}

/** Folders that are no part of a clone. */
export const NOT_OURS = new Set([
  "node_modules",
  ".git",
  ".runtimes",
  "coverage",
  "dist",
]);

/** Returns the paths of all files in a folder and its subfolders, without what a clone doesn't have. */
export function filesOf(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (NOT_OURS.has(entry.name)) return [];
    return entry.isDirectory() ? filesOf(path) : [path];
  });
}
