import type { Transport } from "./transport.ts";

/**
 * Connects by WebSocket: one socket for all subscriptions. Tokens go in frames, so they stay out of URLs and logs.
 *
 * @param url The gateway's base URL.
 */
export function openWebSocket(url: string): Transport {
  return new WebSocket(
    url.replace("http", "ws") + "/v1/realtime/connect",
    // Written out, as in the other transport: that is shorter.
    ["tidings.v1"],
  ) as Transport;
}
