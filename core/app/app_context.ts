import { gatewayFetch } from "../http/gateway_fetch.ts";
import { gatewayUrl } from "../http/gateway_url.ts";
import type { HttpContext } from "../http/request.ts";
import { signingKeyFor } from "../http/signing_key_for.ts";
import { hashSigningKey } from "../protocol/signing_key.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";

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
