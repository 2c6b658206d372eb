import { RealtimeError } from "../protocol/errors.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  hashSigningKey,
} from "../protocol/signing_key.ts";
import { readEnvironment } from "../http/environment.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { isLoopback } from "../http/loopback.ts";
import type { HttpContext } from "../http/request.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";

/**
 * Returns the gateway's base URL, from the options or else from the environment variable `REALTIME_URL`, without a slash at its end.
 *
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
    `Cannot use the gateway at ${url}: no signing key is given and REALTIME_SIGNING_KEY is not set`,
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
