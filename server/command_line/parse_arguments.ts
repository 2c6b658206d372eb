import { parseArgs, type ParseArgsOptionsConfig } from "node:util";
import { ConfigError } from "./config_error.ts";

/** The arguments of a command. */
export interface Arguments {
  readonly values: Readonly<Record<string, unknown>>;
  /** Those that are no flags and no values of flags. */
  readonly others: readonly string[];
}

/**
 * Reads the arguments of a command.
 *
 * @throws {ConfigError} For an unknown flag, or one whose value is missing.
 */
export function parseArguments(
  args: string[],
  options: ParseArgsOptionsConfig,
): Arguments {
  try {
    const { values, positionals: others } = parseArgs({
      args,
      options,
      strict: true,
      allowPositionals: true,
    });
    return { values, others };
  } catch (error) {
    // The first sentence names the argument; the rest is about Node's API.
    const [reason] = String(Object(error).message).split(/\. |\n/);
    throw new ConfigError(`${reason}; see --help`);
  }
}
