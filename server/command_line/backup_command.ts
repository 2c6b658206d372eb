import { backUpDatabase } from "../brokers/sqlite/file/backup.ts";
import { formatBytes } from "./amounts.ts";
import { ConfigError } from "./config_error.ts";
import { parseArguments } from "./parse_arguments.ts";
import { useDatabase } from "./use_database.ts";

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
  const bytes = useDatabase(
    "back up",
    path,
    () => backUpDatabase(path, copy),
  );
  const [file, from] = [quote(path), quote(copy)];
  console.log(`Copied ${file} to ${from}, ${formatBytes(bytes)}.
To restore it: stop the gateway, run these lines, start the gateway.

  rm -f ${file} ${file}-wal ${file}-shm ${file}-owner
  cp ${from} ${file}`);
}

/** Quotes a path for a shell, where it needs that. */
function quote(path: string): string {
  return /^[\w./:@%+,-]+$/.test(path)
    ? path
    : `'${path.replaceAll("'", `'\\''`)}'`;
}
