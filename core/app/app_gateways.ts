import { gatewayUrl } from "../http/gateway_url.ts";
import { signingKeyFor } from "../http/signing_key_for.ts";
import { type AppGateway, openAppGateway } from "../publish/app_gateway.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";

/**
 * Tells whether calls that belong to different HTTP requests may wait for the same request to the gateway. Cloudflare Workers end a request
 * that waits for what another one began, so that each call has a queue of its own there.
 */
function mayShare(): boolean {
  return globalThis.navigator?.userAgent !== "Cloudflare-Workers";
}

/** Finds the gateway of an app, whose options and environment may name another one later. */
export class AppGateways {
  readonly #options: CreateRealtimeOptions;
  #last: { readonly key: string; readonly gateway: AppGateway } | undefined;

  constructor(options: CreateRealtimeOptions) {
    this.#options = options;
  }

  /**
   * Returns the gateway that the options and the environment name now.
   *
   * @throws {RealtimeError} `invalid_argument` without a URL, `unauthenticated` without a key.
   */
  current(): AppGateway {
    const url = gatewayUrl(this.#options.url);
    const key = signingKeyFor(this.#options, url);
    if (this.#last?.key === key && this.#last.gateway.url === url) {
      if (mayShare()) return this.#last.gateway;
    }
    const gateway = openAppGateway(url, key, this.#options);
    this.#last = { key, gateway };
    return gateway;
  }
}
