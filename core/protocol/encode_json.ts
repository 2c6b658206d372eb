import { RealtimeError } from "./errors.ts";

/**
 * Encodes data as JSON.
 *
 * @param action What it is for, for the message: `Cannot publish to "user:1"`.
 * @throws {RealtimeError} `invalid_data` for what JSON can't say.
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
  if (json === undefined) {
    throw new RealtimeError(
      "invalid_data",
      `${action}: the data is ${
        data === undefined ? "undefined" : `a ${typeof data}`
      }, which JSON does not have`,
    );
  }
  return json;
}
