import {
  compareLogLevel,
  configure,
  getConsoleSink,
  type LogRecord,
} from "@logtape/logtape";
import type { LogFormat } from "./log_format.ts";
import { jsonLine, textLine } from "./log_line.ts";

/** The lowest levels that can be asked for. */
export const LOG_LEVELS = ["debug", "info", "warning", "error"] as const;

/** Options of the log on the console. */
export interface ConsoleLogOptions {
  /** @default {"info"} */
  readonly level?: typeof LOG_LEVELS[number] | undefined;
  /** @default {"text"} */
  readonly format?: LogFormat | undefined;
  /** Whether the gateway is in development mode, where refusals have no level that hides them. */
  readonly dev: boolean;
}

/** The events of a gateway's start, which show at every level. */
const ALWAYS: readonly unknown[] = ["started", "development"];

/** Sends everything that this process logs to the console. */
export async function logToConsole(
  { level = "info", format = "text", dev }: ConsoleLogOptions,
): Promise<void> {
  function isShown({ level: its, properties: { event } }: LogRecord): boolean {
    return compareLogLevel(its, level) >= 0 || ALWAYS.includes(event) ||
      dev && event === "refused";
  }
  const formatter = format === "json" ? jsonLine : textLine;
  const sinks: "console"[] = ["console"];
  await configure({
    sinks: { console: getConsoleSink({ formatter }) },
    filters: { isShown },
    loggers: [
      {
        category: "tidings",
        sinks,
        filters: ["isShown"],
        lowestLevel: level === "debug" ? "debug" : "info",
      },
      { category: ["logtape", "meta"], sinks, lowestLevel: "error" },
    ],
  });
}
