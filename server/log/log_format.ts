import { parseArgs } from "node:util";
import { escapeControls } from "../../core/protocol/escape_controls.ts";

/** The forms of the log. */
export const LOG_FORMATS = ["text", "json"] as const;

/** The form of a log: lines for people, or one JSON object a line. */
export type LogFormat = typeof LOG_FORMATS[number];

/** Returns the form of the log, also where the rest of the command line can't be used. */
export function logFormatOf(
  args: string[],
  env: Readonly<Record<string, string | undefined>>,
): LogFormat {
  const { values } = parseArgs({
    args,
    strict: false,
    options: { "log-format": { type: "string" } },
  });
  const format = values["log-format"] ?? env.REALTIME_LOG_FORMAT;
  return LOG_FORMATS.find((known) => known === format) ?? "text";
}

/** Returns the line for the error with which the process ends, where no logger is there yet. In a text it stands alone, as of any program. */
export function lastLine(error: string, format: LogFormat): string {
  if (format === "text") return error;
  const time = new Date().toISOString();
  const fields = { event: "failed", stage: "the start", error };
  return escapeControls(JSON.stringify({ time, level: "error", ...fields }));
}
