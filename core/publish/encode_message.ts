import { encodeJson } from "../protocol/encode_json.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { LIMITS } from "../protocol/limits.ts";

const encoder = new TextEncoder();

/**
 * Encodes a message's data as JSON and checks the size.
 *
 * @throws {RealtimeError} `invalid_data` for data that JSON can't express; `too_large`.
 */
export function encodeMessage(data: unknown, action: string): string {
  const json = encodeJson(data, action);
  const limit = LIMITS.messageBytes;
  // A UTF-16 unit takes at most 3 bytes of UTF-8, so that most messages need no exact count.
  if (json.length * 3 <= limit) return json;
  const { length } = encoder.encode(json);
  if (length <= limit) return json;
  throw new RealtimeError(
    "too_large",
    `${action}: the message is ${Math.ceil(length / 1024)} KiB, the limit is ${
      limit / 1024
    } KiB`,
  );
}
