import { RealtimeError } from "../protocol/errors.ts";

/**
 * Parses the JSON object that a gateway answered with, and returns its fields, unchecked.
 *
 * @throws {RealtimeError} `internal` if the text is not JSON.
 */
export function parseAnswer(
  text: string,
  action: string,
): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw badAnswer("is not JSON", action, cause);
  }
}

/** Makes the error for an answer that the gateway should not have given. */
export function badAnswer(
  problem: string,
  action: string,
  cause?: unknown,
): RealtimeError {
  const message = `${action}: the gateway's answer ${problem}`;
  return new RealtimeError("internal", message, { cause });
}
