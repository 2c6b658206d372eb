import { readEnvironment } from "./environment.ts";
import { RealtimeError } from "../protocol/errors.ts";

/**
 * Returns the gateway's base URL, without a slash at its end.
 *
 * @param given The URL from the options; without one, the environment variable `REALTIME_URL` counts.
 * @throws {RealtimeError} `invalid_argument` if there is no URL, or one of another scheme than http and https.
 */
export function gatewayUrl(given?: string): string {
  const url = given || readEnvironment("REALTIME_URL") || "";
  if (!/^https?:\/\/[\w[]/i.test(url)) {
    throw new RealtimeError(
      "invalid_argument",
      `Cannot find the gateway: "${url}", from the option "url" or from REALTIME_URL, is not an http or https URL`,
    );
  }
  return url.replace(/\/+$/, "");
}
