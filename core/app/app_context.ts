import { RealtimeError } from "../protocol/errors.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  hashSigningKey,
} from "../protocol/signing_key.ts";
import { baseUrl } from "../http/base_url.ts";
import { readEnvironment } from "../http/environment.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { isLoopback } from "../http/loopback.ts";
import type { HttpContext } from "../http/request.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";

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

/**
 * Returns the signing key of the options, else that of the environment, else, for a gateway on this machine, the key of development mode.
 *
 * @throws {RealtimeError} `unauthenticated` without a key for a gateway on another machine.
 */
export function signingKeyFor(
  options: CreateRealtimeOptions,
  url: string,
): string {
  const key = options.signingKey || readEnvironment("REALTIME_SIGNING_KEY");
  if (key) return key;
  if (isLoopback(new URL(url).hostname)) return DEVELOPMENT_SIGNING_KEY;
  throw new RealtimeError(
    "unauthenticated",
    `Cannot use the gateway at ${url}: set REALTIME_SIGNING_KEY, or give createRealtime() the option "signingKey"`,
  );
}

/** Returns the context for an app's requests. */
export async function contextOf(
  options: CreateRealtimeOptions,
): Promise<HttpContext> {
  const url = gatewayUrl(options.url);
  return {
    url,
    bearer: await hashSigningKey(signingKeyFor(options, url)),
    fetch: options.fetch ?? gatewayFetch(url),
    retry: options.retry ?? {},
  };
}
