import { type Duration, invalidArgument, toMsWithin } from "./duration.ts";

/** Reads numbers and durations from options, with errors that begin with `action`: `Cannot create a gateway`. */
export class OptionReader<T extends object> {
  readonly #action: string;
  readonly #options: T;

  constructor(action: string, options: T) {
    this.#action = action;
    this.#options = options;
  }

  /**
   * Returns a whole number.
   *
   * @throws {RealtimeError} `invalid_argument` for anything else.
   */
  whole(
    name: keyof T & string,
    fallback: number,
    max: number = Number.MAX_SAFE_INTEGER,
  ): number {
    const value: unknown = this.#options[name];
    if (value === undefined) return fallback;
    const isWhole = Number.isSafeInteger(value);
    if (isWhole && Number(value) >= 1 && Number(value) <= max) {
      return Number(value);
    }
    const range = max === Number.MAX_SAFE_INTEGER
      ? "a positive whole number"
      : `a whole number from 1 to ${max}`;
    throw invalidArgument(
      `${this.#action}: "${name}" is ${value}, it must be ${range}`,
    );
  }

  /**
   * Returns a duration in milliseconds.
   *
   * @param longest The longest that is allowed. A timer takes at most 24 days.
   * @throws {RealtimeError} `invalid_argument` for anything else.
   */
  ms(
    name: keyof T & string,
    fallback: Duration,
    longest: Duration = "365d",
  ): number {
    const value = this.#options[name] ?? fallback;
    const option = `${this.#action}: "${name}"`;
    return toMsWithin(option, value as Duration, longest);
  }
}
