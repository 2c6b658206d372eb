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

/** Tests that start other programs as a document says, or check types or the repository's files. */
const OF_REPOSITORY = ["tests/repo/", "tests/docs/"];

/** Tests of what a browser, another program or the runner itself does. Those of the page look at it in Chromium. */
const OF_OTHERS = [
  "bench/",
  "tests/ai/use_chat_test.ts",
  "tests/deploy/",
  "tests/examples/",
  "tests/inngest/hooks_test.ts",
  "tests/package/install_test.ts",
  "tests/package/tarball_test.ts",
  "tests/react/",
  "tests/run/",
  "tests/server/page/",
];

/** Tells whether a test file does the same on every runtime, so that it runs on one of them only. */
export function runsOnce(path: string): boolean {
  return isIn(OF_REPOSITORY, path) || isIn(OF_OTHERS, path) ||
    path === "tests/package/worker_test.ts" || path.endsWith("/types_test.ts");
}

/** Returns the runtime, of some, that runs a test file which runs once. Tests of the repository run on the last one, others on different ones. */
export function runtimeOf<T>(
  path: string,
  runtimes: readonly T[],
): T | undefined {
  if (!isIn(OF_OTHERS, path)) return runtimes.at(-1);
  // The file keeps its runtime when others come and go.
  const sum = [...path].reduce((sum, char) => sum + char.charCodeAt(0), 0);
  return runtimes[sum % runtimes.length];
}

function isIn(folders: readonly string[], path: string): boolean {
  return folders.some((folder) => path.startsWith(folder));
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
