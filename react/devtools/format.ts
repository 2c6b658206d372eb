import { parseId } from "../../core/protocol/id.ts";
import type { Gap } from "../../core/types/subscription.ts";

/** The most characters of JSON that are shown of one message. */
const MAX_JSON = 20_000;

/** The time of day, to the second. */
export function timeOfDay(date: Date): string {
  return date.toLocaleTimeString("en-GB");
}

/** A duration in seconds, to a tenth below ten. */
export function seconds(ms: number): string {
  const value = Math.max(0, ms) / 1000;
  return `${value < 10 ? value.toFixed(1) : Math.round(value)} s`;
}

/** A count with its noun. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

/** The sentence for a gap. */
export function describeGap({ after, before }: Gap): string {
  const [from, to] = [parseId(after), parseId(before)];
  const between = `after ${after}, before ${before}`;
  return from && to && from.epoch === to.epoch
    ? `Lost ${
      counted(to.offset - from.offset - 1, "message")
    } of the channel, ${between}`
    : `Lost the channel's log, ${between}`;
}

/** Data as one line of JSON; what has no JSON, as text. Never throws. */
export function compactJson(data: unknown): string {
  return cut(toJson(data), 200);
}

/** Data as indented JSON, which ends early if there is too much. */
export function fullJson(data: unknown): string {
  return cut(toJson(data, 2), MAX_JSON);
}

function toJson(data: unknown, indent?: number): string {
  try {
    return JSON.stringify(data, undefined, indent) ?? String(data);
  } catch {
    // The output of a schema can be anything: a BigInt, or an object that has no JSON and can't be converted to text either.
    return typeof data === "object" ? "[object]" : String(data);
  }
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const rest = (text.length - length).toLocaleString("en");
  return `${text.slice(0, length)} … and ${rest} more characters`;
}
