import { RealtimeError } from "./errors.ts";

/** A length of time, such as `"250ms"`, `"30s"`, `"2m"`, `"12h"` or `"7d"`. A number is in seconds. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/**
 * Returns a duration in milliseconds.
 *
 * @param name The beginning of the error: `Cannot subscribe: "reconnectMin"`.
 * @throws {RealtimeError} `invalid_argument` for anything else.
 */
export function toMs(name: string, duration: Duration): number {
  const [, number, unit = "s"] =
    /^(Infinity|\d+(?:\.\d+)?)(ms|[smhd])?$/.exec(`${duration}`) ?? [];
  if (number !== undefined) {
    return Math.round(Number(number) * (UNIT_MS[unit] ?? 0));
  }
  throw invalidArgument(
    `${name} is "${duration}", it must be a number of seconds, or a time such as "250ms", "30s" or "7d"`,
  );
}

/** Creates the error for an argument that can't be used. */
export function invalidArgument(message: string): RealtimeError {
  return new RealtimeError("invalid_argument", message);
}

/**
 * Returns a duration within bounds, in milliseconds.
 *
 * @param name The beginning of the error: `Cannot subscribe: "reconnectMin"`.
 * @param longest The longest that is allowed, as the error shows it.
 * @throws {RealtimeError} `invalid_argument` for anything else.
 */
export function toMsWithin(
  name: string,
  duration: Duration,
  longest: Duration,
): number {
  const ms = toMs(name, duration);
  if (ms >= 1 && ms <= toMs(name, longest)) return ms;
  throw invalidArgument(
    `${name} is "${duration}", it must be from 1ms to ${
      typeof longest === "number" ? `${longest}s` : longest
    }`,
  );
}
