import { RealtimeError } from "../protocol/errors.ts";

/**
 * Returns a gateway's base URL without a slash at its end.
 *
 * @param action The attempted action, for the message: `Cannot subscribe`.
 * @throws {RealtimeError} `invalid_argument` for anything but an http or https URL without user and password, which would be in messages.
 */
export function baseUrl(url: string, action: string): string {
  const hasUser = url.includes("@");
  if (!hasUser && /^https?:\/\/[\w[]/i.test(url) && URL.canParse(url)) {
    return url.replace(/\/+$/, "");
  }
  throw new RealtimeError(
    "invalid_argument",
    hasUser
      ? `${action}: the URL may have no user, no password and no "@"`
      : `${action}: "${url}" is not an http or https URL`,
  );
}
