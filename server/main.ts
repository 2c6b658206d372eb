/**
 * The gateway's command line: `npx @tidings/realtime`, `deno run --allow-net --allow-env jsr:@tidings/realtime/gateway`, or `node server/main.ts` in a clone.
 *
 * @example Listen on a free port, in development mode
 * ```sh
 * npx @tidings/realtime --dev --port 0
 * ```
 *
 * @example Keep the logs in a file, and copy it while the gateway runs
 * ```sh
 * npx @tidings/realtime --dev --broker sqlite:./tidings.db
 * npx @tidings/realtime backup ./tidings.db ./copy.db
 * ```
 *
 * @module
 */
import process from "node:process";
import { inspect } from "node:util";
import { lastLine, logFormatOf } from "./log/log_format.ts";
import { missingPackage } from "./missing_package.ts";

/** Starts the gateway. All that needs packages is loaded here, so that a clone without them gets a line that says so. */
async function start(): Promise<void> {
  try {
    const { runCommandLine } = await import("./command_line/command_line.ts");
    await runCommandLine();
  } catch (error) {
    const name = missingPackage(error);
    const text = name === undefined
      ? inspect(error)
      : `Cannot start: the package "${name}" is not installed; run "npm ci --omit=dev" in a clone, or "npm install" in an app`;
    const format = logFormatOf(process.argv.slice(2), process.env);
    console.error(lastLine(text, format));
    process.exit(name === undefined ? 1 : 2);
  }
}

// It reports its errors itself. A module that awaits at its top level could not be loaded by `require()`.
void start();
