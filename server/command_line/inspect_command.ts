import { inspectDatabase } from "../brokers/sqlite/file/inspect.ts";
import { escapeControls } from "../../core/protocol/escape_controls.ts";
import { ConfigError } from "./config_error.ts";
import { inspectionText } from "./inspection_text.ts";
import { parseArguments } from "./parse_arguments.ts";
import { useDatabase } from "./use_database.ts";

const HELP = `Usage: tidings inspect <file> [options]

Shows what the file of a SQLite broker has: its size, its largest channels, and
the newest messages of one channel. A gateway may run meanwhile.

  --channel <name>   show this channel, with its newest messages
  --limit <n>        how many channels or messages to show (10)
  --json             print one JSON object, with the data in full
  --help             print this`;

const MAX_LIMIT = 1_000_000;

/**
 * Prints what a database has.
 *
 * @throws {ConfigError} For arguments or a file that can't be used.
 */
export function runInspect(args: string[]): void {
  const { values, others } = parseArguments(args, {
    channel: { type: "string" },
    limit: { type: "string", default: "10" },
    json: { type: "boolean" },
    help: { type: "boolean", short: "h" },
  });
  if (values.help) return console.log(HELP);
  const [path, ...more] = others;
  if (!path || more.length > 0) {
    throw new ConfigError(
      "Cannot inspect a database: give one file, as in tidings inspect ./tidings.db; see tidings inspect --help",
    );
  }
  const limit = limitOf(String(values.limit));
  const channel = typeof values.channel === "string"
    ? values.channel
    : undefined;
  const inspection = useDatabase(
    "inspect",
    path,
    () => inspectDatabase(path, { channel, limit }),
  );
  const text = values.json
    ? JSON.stringify(inspection, undefined, 2).split("\n").map(escapeControls)
      .join("\n")
    : inspectionText(path, inspection, channel);
  console.log(text);
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d{1,7}$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new ConfigError(
    `Cannot use --limit: it must be a whole number from 1 to ${MAX_LIMIT}`,
  );
}
