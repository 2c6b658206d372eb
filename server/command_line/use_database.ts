import { UnusableError } from "../brokers/sqlite/file/database.ts";
import { reasonOf } from "../brokers/sqlite/file/errors.ts";
import { escapeControls } from "../../core/protocol/escape_controls.ts";
import { ConfigError } from "./config_error.ts";

/**
 * Calls a function that uses a database.
 *
 * @param action What the operator asked for, as in "Cannot inspect".
 * @throws {ConfigError} With one line, where the function fails.
 */
export function useDatabase<T>(action: string, path: string, use: () => T): T {
  try {
    return use();
  } catch (error) {
    const isKnown = error instanceof UnusableError;
    const reason = isKnown ? error.message : reasonOf(error);
    const name = escapeControls(JSON.stringify(path));
    throw new ConfigError(`Cannot ${action} ${name}: ${reason}`);
  }
}
