import { getTextFormatter, type LogRecord } from "@logtape/logtape";
import { escapeControls } from "../../core/protocol/escape_controls.ts";

/** The width of the longest level and of most names of events, so that the sentences stand below each other. */
const WIDTH = { level: "warning".length, event: "broker.down".length } as const;

/** The name of what is logged without one. */
const NAMELESS = "message";

/**
 * Formats a record as one line: time, level, the event's name and its sentence. It looks the same on every runtime, and what clients sent
 * can't begin a line in it.
 */
export const textLine: (record: LogRecord) => string = getTextFormatter({
  timestamp: "rfc3339",
  lineEnding: "lf",
  value: (value) => escapeControls(textOf(value)),
  format({ timestamp, message, record: { level, properties } }) {
    const { event = NAMELESS } = properties;
    const name = String(event).padEnd(WIDTH.event);
    return `${timestamp} ${level.padEnd(WIDTH.level)} ${name} ${message}`;
  },
});

/** Formats a record as one JSON object: `time`, `level`, `event` and its fields; what has no name is the event `message` with a text. */
export function jsonLine(record: LogRecord): string {
  const { timestamp, level, properties } = record;
  const { event, ...fields } = properties;
  const time = new Date(timestamp).toISOString();
  const named = event === undefined
    ? { event: NAMELESS, message: record.message.map(textOf).join("") }
    : { event };
  const json = JSON.stringify(
    { time, level, ...named, ...fields },
    (_name, value) => value instanceof Error ? errorText(value) : value,
  );
  // JSON has them in its strings only, where the escapes mean the same.
  return escapeControls(json);
}

function textOf(value: unknown): string {
  if (value instanceof Error) return errorText(value);
  if (Array.isArray(value)) return value.map(textOf).join(", ");
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** Returns an error with its stack and its causes, on one line. */
function errorText({ name, message, stack, cause }: Error): string {
  const head = `${name}: ${message}`;
  // Bun's stacks don't begin with the message.
  const text = stack?.includes(message) ? stack : `${head} ${stack ?? ""}`;
  const line = text.replace(/\s*\n\s*/g, " ").trim();
  return cause === undefined ? line : `${line}, caused by ${textOf(cause)}`;
}
