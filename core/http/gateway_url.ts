import { RealtimeError } from "../protocol/errors.ts";
import { baseUrl } from "./base_url.ts";
import { readEnvironment } from "./environment.ts";

/** The gateway of development, as `deno task gateway` starts it. */
const DEVELOPMENT_URL = "http://localhost:8787";

/**
 * Returns the gateway's base URL without a slash at its end: from the options, else from the environment variable `REALTIME_URL`, else, unless
 * `NODE_ENV` is `production`, that of development.
 *
 * @throws {RealtimeError} `invalid_argument` if there is no URL, or one of another scheme than http and https.
 */
export function gatewayUrl(given?: string): string {
  if (given) {
    return baseUrl(given, 'Cannot find the gateway by the option "url"');
  }
  const url = readEnvironment("REALTIME_URL");
  if (url) return baseUrl(url, "Cannot find the gateway by REALTIME_URL");
  if (readEnvironment("NODE_ENV") !== "production") return DEVELOPMENT_URL;
  throw new RealtimeError(
    "invalid_argument",
    'Cannot find the gateway: set REALTIME_URL, or give createRealtime() the option "url"',
  );
}
