/**
 * What a machine may lack: a test that needs it is skipped there, and run by
 * `.ci/run`, which installs it.
 *
 * @example
 * ```ts ignore
 * const chromium = chromiumPath();
 * const itInChromium = chromium === undefined ? it.skip : it;
 * ```
 *
 * @module
 */

import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

const CHROMIUM_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];
const CHROMIUM_ON_MAC =
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/**
 * The path of a Chromium or Chrome, `undefined` where there is none. The
 * environment variable `CHROMIUM_PATH` names another one.
 */
export function chromiumPath(): string | undefined {
  const named = process.env.CHROMIUM_PATH;
  if (named) return isExecutable(named) ? named : undefined;
  for (const name of CHROMIUM_NAMES) {
    const found = findProgram(name);
    if (found !== undefined) return found;
  }
  return isExecutable(CHROMIUM_ON_MAC) ? CHROMIUM_ON_MAC : undefined;
}

/** The path of Python 3, `undefined` where there is none. */
export function pythonPath(): string | undefined {
  return findProgram("python3");
}

/** The path of redis-server, `undefined` where there is none. */
export function redisPath(): string | undefined {
  return findProgram("redis-server");
}

/** The path of nginx, `undefined` where there is none. */
export function nginxPath(): string | undefined {
  // Where it is installed, not every user's search path leads.
  const installed = "/usr/sbin/nginx";
  return findProgram("nginx") ??
    (isExecutable(installed) ? installed : undefined);
}

/** One line for each thing that is missing and the tests it skips. */
export function missingRequirements(): string[] {
  const missing: string[] = [];
  if (chromiumPath() === undefined) {
    missing.push(
      "No Chromium found: tests in a browser are skipped (CHROMIUM_PATH names one)",
    );
  }
  if (pythonPath() === undefined) {
    missing.push("No python3 found: the test of its example is skipped");
  }
  if (redisPath() === undefined) {
    missing.push("No redis-server found: tests with Redis are skipped");
  }
  if (nginxPath() === undefined) {
    missing.push("No nginx found: tests behind it are skipped");
  }
  return missing;
}

/** The path of a program on the search path, `undefined` where there is none. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? "").split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
