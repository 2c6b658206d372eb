import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Lock } from "./lock.ts";

/** Options of {@linkcode withProgress}. */
export interface ProgressOptions {
  /** Returns the line to write, after so many whole seconds. */
  readonly describe: (seconds: number) => string;
  /** Milliseconds from line to line. */
  readonly intervalMs?: number;
  readonly write?: (line: string) => void;
}

/** Writes a line about a task now and then, until the task ends; returns its result. */
export async function withProgress<T>(
  task: Promise<T>,
  { describe, intervalMs = 1000, write = console.log }: ProgressOptions,
): Promise<T> {
  const start = performance.now();
  const timer = setInterval(() => {
    write(describe(Math.floor((performance.now() - start) / 1000)));
  }, intervalMs);
  try {
    return await task;
  } finally {
    clearInterval(timer);
  }
}

/** Tells how many of a lock file's packages are in `node_modules`. Optional ones aren't counted: some are for other systems. */
export function describeInstalled(lock: Lock, root: string = "."): string {
  const paths = Object.entries(lock.packages)
    .filter(([path, { optional, devOptional }]) =>
      path.includes("node_modules/") && !optional && !devOptional
    )
    .map(([path]) => join(root, path, "package.json"));
  const installed = paths.filter((path) => existsSync(path));
  return `${installed.length} of ${paths.length} packages`;
}
