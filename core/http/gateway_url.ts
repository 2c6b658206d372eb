import { readEnvironment } from "./environment.ts";
import { RealtimeError } from "../protocol/errors.ts";

/**
 * The base URL of the gateway, without a slash at its end: what was given, else the environment variable `REALTIME_URL`.
 *
 * @throws {RealtimeError} `invalid_argument` where there is none, or it is not a URL of http or https.
 */
export function gatewayUrl(given?: string): string {
  const url = given || readEnvironment("REALTIME_URL") || "";
  if (!/^https?:\/\/[\w[]/i.test(url)) {
    throw new RealtimeError(
      "invalid_argument",
      `Cannot find the gateway: "${url}", given or in REALTIME_URL, is no URL of http`,
    );
  }
  return url.replace(/\/+$/, "");
}
