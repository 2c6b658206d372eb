import { readEnvironment } from "./environment.ts";
import { RealtimeError } from "./errors.ts";

/**
 * The base URL of the gateway, without a slash at its end: what was given, else the environment variable `REALTIME_URL`.
 *
 * @throws {RealtimeError} `invalid_argument` where there is none, or it is not a URL of http or https.
 */
export function gatewayUrl(given: string | undefined): string {
  const url = given || readEnvironment("REALTIME_URL");
  if (!/^https?:\/\/[^/?#\s]/i.test(url ?? "")) {
    throw new RealtimeError(
      "invalid_argument",
      url
        ? `Cannot use "${url}" as the gateway's URL: it must begin with http:// or https://`
        : "Cannot tell where the gateway is: no URL is given and REALTIME_URL is not set",
    );
  }
  return String(url).replace(/\/+$/, "");
}

/** Whether a URL leads to the machine itself. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}
