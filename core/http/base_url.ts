import { RealtimeError } from "../protocol/errors.ts";

/**
 * Returns a gateway's base URL without a slash at its end.
 *
 * @param action The attempted action, for the message: `Cannot subscribe`.
 * @throws {RealtimeError} `invalid_argument` for anything but an http or https URL.
 */
export function baseUrl(url: string, action: string): string {
  if (/^https?:\/\/[\w[]/i.test(url) && URL.canParse(url)) {
    return url.replace(/\/+$/, "");
  }
  throw new RealtimeError(
    "invalid_argument",
    `${action}: "${url}" is not an http or https URL`,
  );
}
