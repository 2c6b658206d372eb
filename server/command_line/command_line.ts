import process from "node:process";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { VERSION } from "../../core/protocol/version.ts";
import { lastLine, logFormatOf } from "../log/log_format.ts";
import { readConfig } from "./config.ts";
import { ConfigError } from "./config_error.ts";
import { help } from "./help.ts";
import { runGateway } from "./run_gateway.ts";

/** Runs a command with the arguments behind its name. */
type Subcommand = (args: string[]) => Promise<void>;

/** The commands besides the gateway. Their modules are loaded only where they run. */
const SUBCOMMANDS: ReadonlyMap<string | undefined, Subcommand> = new Map([
  ["backup", async (args) => {
    const { runBackup } = await import("./backup_command.ts");
    runBackup(args);
  }],
]);

/**
 * Runs the command line. A mistake in it is reported in one line, with exit code 2.
 *
 * @throws For what neither the operator nor the broker can cause.
 */
export async function runCommandLine(): Promise<void> {
  const args = process.argv.slice(2);
  try {
    const run = SUBCOMMANDS.get(args[0]);
    await (run ? run(args.slice(1)) : runGatewayWith(args));
  } catch (error) {
    const isMistake = error instanceof ConfigError;
    if (!isMistake && !(error instanceof RealtimeError)) throw error;
    console.error(lastLine(error.message, logFormatOf(args, process.env)));
    process.exit(isMistake ? 2 : 1);
  }
}

async function runGatewayWith(args: string[]): Promise<void> {
  const command = readConfig(args, process.env);
  if (command.run === "help") console.log(help());
  else if (command.run === "version") console.log(VERSION);
  else await runGateway(command.config);
}
