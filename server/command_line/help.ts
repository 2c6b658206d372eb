import { VERSION } from "../../core/protocol/version.ts";
import { FLAGS, variableOf } from "./config.ts";

/** Returns the text for `--help`. */
export function help(): string {
  const rows = Object.entries(FLAGS).map(([name, [text, value]]) => {
    const flag = value === undefined ? `--${name}` : `--${name} <${value}>`;
    return `  ${flag.padEnd(30)}${text}\n${" ".repeat(32)}${variableOf(name)}`;
  });
  return `tidings ${VERSION}: a realtime gateway

Usage: tidings [options]                 run a gateway
       tidings inspect <file> [options]  show what a SQLite database has
       tidings backup <file> <copy>      copy a SQLite database

"inspect" and "backup" may run beside the gateway; "tidings inspect --help" has
their options. Options of a gateway:

${rows.join("\n")}
  --help                        print this
  --version                     print the version
`;
}
