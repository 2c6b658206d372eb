import { escapeControls } from "../../core/protocol/escape_controls.ts";
import { backUpDatabase } from "../brokers/sqlite/file/backup.ts";
import { UnusableError } from "../brokers/sqlite/file/database.ts";
import { reasonOf } from "../brokers/sqlite/file/errors.ts";
import { formatBytes } from "./amounts.ts";
import { ConfigError } from "./config_error.ts";
import { parseArguments } from "./parse_arguments.ts";

const HELP = `Usage: tidings backup <file> <copy>

Copies the file of a SQLite broker as it is at this moment. A gateway may run
meanwhile, and goes on publishing. The copy must not exist.

  --help             print this`;

/**
 * Copies a database, and prints how to restore it.
 *
 * @throws {ConfigError} For arguments or files that can't be used.
 */
export function runBackup(args: string[]): void {
  const { values, others } = parseArguments(args, {
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return console.log(HELP);
  const [path, copy, ...more] = others;
  if (!path || !copy || more.length > 0) {
    throw new ConfigError(
      "Cannot back up a database: give its file and the copy's, as in tidings backup ./tidings.db ./copy.db",
    );
  }
  const bytes = backUp(path, copy);
  const [file, from] = [quote(path), quote(copy)];
  console.log(`Copied ${file} to ${from}, ${formatBytes(bytes)}.
To restore it: stop the gateway, run these lines, start the gateway.

  rm -f ${file} ${file}-wal ${file}-shm ${file}-owner
  cp ${from} ${file}`);
}

function backUp(path: string, copy: string): number {
  try {
    return backUpDatabase(path, copy);
  } catch (error) {
    const isKnown = error instanceof UnusableError;
    const reason = isKnown ? error.message : reasonOf(error);
    const name = escapeControls(JSON.stringify(path));
    throw new ConfigError(`Cannot back up ${name}: ${reason}`);
  }
}

/** Quotes a path for a shell, where it needs that. */
function quote(path: string): string {
  return /^[\w./:@%+,-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", `'\\''`)}'`;
}
