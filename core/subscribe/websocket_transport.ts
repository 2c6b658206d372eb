import { AUTH_PROTOCOL, PROTOCOL } from "../protocol/frames.ts";
import type { Transport } from "./transport.ts";

/** The longest token that is presented in a handshake, in characters: many proxies and servers refuse a head of 8 KiB. */
const LONGEST_TOKEN = 4000;

/**
 * Connects by WebSocket: one socket for all subscriptions. Tokens are sent in headers and frames, so that they stay out of URLs and logs.
 *
 * @param token The token or ticket that authenticates the handshake. It subscribes to nothing.
 */
export function openWebSocket(url: string, token: string): Transport {
  const address = `${url.replace("http", "ws")}/v1/realtime/connect`;
  // This leaves a JWT as it is, and anything else becomes a subprotocol that the gateway can refuse.
  const auth = AUTH_PROTOCOL + encodeURIComponent(token);
  const protocols = auth.length > LONGEST_TOKEN ? [PROTOCOL] : [PROTOCOL, auth];
  return new WebSocket(address, protocols) as Transport;
}
