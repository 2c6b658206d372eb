import { RealtimeError } from "../protocol/errors.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  hashSigningKey,
} from "../protocol/signing_key.ts";
import { readEnvironment } from "../http/environment.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { gatewayUrl } from "../http/gateway_url.ts";
import { isLoopback } from "../http/loopback.ts";
import type { HttpContext } from "../http/request.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";

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
