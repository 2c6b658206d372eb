/**
 * Finds programs that a machine may lack. Tests that need a missing program are skipped; `.ci/run` installs all of them.
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
import { ROOT } from "./root.ts";

const CHROMIUM_NAMES = [
  "chromium",
  "chromium-browser",
  "google-chrome-stable",
  "google-chrome",
];
const CHROMIUM_ON_MAC =
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";

/**
 * Returns the path of Chromium or Chrome; `undefined` where there is none. The environment variable `CHROMIUM_PATH` overrides the search.
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

/** Returns the path of Python 3; `undefined` where there is none. */
export function pythonPath(): string | undefined {
  return findProgram("python3");
}

/** Returns the path of the Python 3 that has Inngest's SDK, where `.ci/run` installs it; `undefined` where there is none. */
export function inngestPythonPath(): string | undefined {
  const path = join(ROOT, ".runtimes", "python", "bin", "python3");
  return isExecutable(path) ? path : undefined;
}

/** Returns the path of redis-server; `undefined` where there is none. */
export function redisPath(): string | undefined {
  return findProgram("redis-server");
}

/** Returns the path of nginx; `undefined` where there is none. */
export function nginxPath(): string | undefined {
  // Debian installs it into a folder that is only in root's search path.
  const installed = "/usr/sbin/nginx";
  return findProgram("nginx") ??
    (isExecutable(installed) ? installed : undefined);
}

/** Returns the path of Prometheus; `undefined` where there is none. */
export function prometheusPath(): string | undefined {
  return findProgram("prometheus");
}

/** Returns the path of promtool, which comes with Prometheus; `undefined` where there is none. */
export function promtoolPath(): string | undefined {
  return findProgram("promtool");
}

/** Returns the path of strace, which plays slow disks; `undefined` where there is none. */
export function stracePath(): string | undefined {
  return findProgram("strace");
}

/** Returns the path of openssl, which makes certificates; `undefined` where there is none. */
export function opensslPath(): string | undefined {
  return findProgram("openssl");
}

/** Returns the path of curl; `undefined` where there is none. */
export function curlPath(): string | undefined {
  return findProgram("curl");
}

/** Returns the path of gcc; `undefined` where there is none, or where its programs can't be preloaded. */
export function gccPath(): string | undefined {
  return process.platform === "linux" ? findProgram("gcc") : undefined;
}

/** Returns a line for each missing program, with the tests that are skipped. */
export function missingRequirements(): string[] {
  const missing: string[] = [];
  if (chromiumPath() === undefined) {
    missing.push(
      "No Chromium found: tests in a browser are skipped (set CHROMIUM_PATH to use another one)",
    );
  }
  if (pythonPath() === undefined) {
    missing.push("No python3 found: the test of its example is skipped");
  }
  if (inngestPythonPath() === undefined) {
    missing.push(
      "No Inngest SDK for Python found: its test is skipped (.ci/run installs it)",
    );
  }
  if (redisPath() === undefined) {
    missing.push("No redis-server found: tests with Redis are skipped");
  }
  if (nginxPath() === undefined) {
    missing.push("No nginx found: tests behind it are skipped");
  }
  if (prometheusPath() === undefined || promtoolPath() === undefined) {
    missing.push("No prometheus found: tests of metrics with it are skipped");
  }
  if (stracePath() === undefined) {
    missing.push("No strace found: the test of a played disk is skipped");
  }
  if (opensslPath() === undefined) {
    missing.push("No openssl found: the test of TLS in nginx is skipped");
  }
  if (curlPath() === undefined) {
    missing.push(
      "No curl found: the test of the commands for troubleshooting is skipped",
    );
  }
  if (gccPath() === undefined) {
    missing.push("No gcc for Linux found: tests on a faulty disk are skipped");
  }
  return missing;
}

/** Returns the path of a program in the search path; `undefined` where there is none. */
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
