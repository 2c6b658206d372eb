import { RealtimeError } from "../protocol/errors.ts";

/**
 * Parses the JSON object that a gateway answered with.
 *
 * @returns Its fields, none of them checked; no fields if it is JSON but not an object.
 * @throws {RealtimeError} `internal` if the text is not JSON.
 */
export function parseAnswer(
  text: string,
  action: string,
): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text));
  } catch (cause) {
    throw new RealtimeError(
      "internal",
      `${action}: the gateway's answer is not JSON`,
      { cause },
    );
  }
}
