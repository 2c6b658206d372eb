import { VERSION } from "../../core/protocol/version.ts";
import { FLAGS, variableOf } from "./config.ts";

/** The width of a terminal, and of the column with the flags in it. */
const COLUMNS = 80;
const INDENT = 32;

/** Returns the text for `--help`. */
export function help(): string {
  const rows = Object.entries(FLAGS).map(([name, [text, value]]) => {
    const flag = value === undefined ? `--${name}` : `--${name} <${value}>`;
    const [first = "", ...rest] = [...wrap(text), variableOf(name)];
    return [
      `  ${flag.padEnd(INDENT - 2)}${first}`,
      ...rest.map((line) => " ".repeat(INDENT) + line),
    ].join("\n");
  });
  return `tidings ${VERSION}: a realtime gateway

Usage: tidings [options]             run a gateway
       tidings backup <file> <copy>  copy a SQLite database, also beside a gateway

Options of a gateway:

${rows.join("\n")}
  --help                        print this
  --version                     print the version
`;
}

/** Breaks a text into lines that fit beside the flags. */
function wrap(text: string): string[] {
  const lines = [""];
  for (const word of text.split(" ")) {
    const line = `${lines.at(-1)} ${word}`.trimStart();
    if (line.length > COLUMNS - INDENT) lines.push(word);
    else lines[lines.length - 1] = line;
  }
  return lines;
}
