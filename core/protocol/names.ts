import { RealtimeError } from "./errors.ts";
import { NAME_BYTES } from "./limits.ts";

export const encoder: TextEncoder = new TextEncoder();

/**
 * Checks a channel's or topic's name: 1 to 255 bytes of UTF-8, no control characters, no lone surrogates.
 *
 * @param kind The word for the error's message.
 * @throws {RealtimeError} `invalid_name` for another name, or a value that is not a string.
 */
export function checkName(kind: "channel" | "topic", name: unknown): string {
  if (isName(name)) return name;
  throw new RealtimeError(
    "invalid_name",
    `Cannot use the ${kind}: names are 1 to ${NAME_BYTES} bytes without control characters`,
  );
}

/** Tells whether a channel or topic can have the name. */
export function isName(name: unknown): name is string {
  return typeof name === "string" && /^[^\p{Cc}\p{Cs}]+$/u.test(name) &&
    encoder.encode(name).length <= NAME_BYTES;
}
