import { RealtimeError } from "./errors.ts";

/**
 * Encodes data as JSON.
 *
 * @param action The beginning of the error's message: `Cannot publish to "user:1"`.
 * @throws {RealtimeError} `invalid_data` if JSON has no such value.
 */
export function encodeJson(data: unknown, action: string): string {
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch (cause) {
    throw new RealtimeError(
      "invalid_data",
      `${action}: the data can't be encoded as JSON`,
      { cause },
    );
  }
  if (json !== undefined) return json;
  const type = data === undefined ? "undefined" : `a ${typeof data}`;
  throw new RealtimeError(
    "invalid_data",
    `${action}: the data is ${type}, which JSON does not have`,
  );
}
