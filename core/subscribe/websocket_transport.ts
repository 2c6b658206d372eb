import { PROTOCOL } from "../protocol/frames.ts";
import type { Transport } from "./transport.ts";

/** Connects by WebSocket: one socket for all subscriptions. Tokens are sent in frames, so that they stay out of URLs and logs. */
export function openWebSocket(url: string): Transport {
  const address = `${url.replace("http", "ws")}/v1/realtime/connect`;
  return new WebSocket(address, [PROTOCOL]) as Transport;
}
