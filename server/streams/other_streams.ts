import { RealtimeError } from "../../core/protocol/errors.ts";
import type { OtherStreams } from "../../core/types/realtime.ts";

/**
 * Reads what happens to the other open streams of a topic when a stream begins.
 *
 * @param what The thing that is published, for the error: `the line`.
 * @throws {RealtimeError} `invalid_argument`.
 */
export function readOtherStreams(value: unknown, what: string): OtherStreams {
  if (value === undefined) return "keep";
  if (value === "keep" || value === "refuse" || value === "replace") {
    return value;
  }
  throw new RealtimeError(
    "invalid_argument",
    `Cannot publish ${what}: "other_streams" must be "keep", "refuse" or "replace"`,
  );
}
