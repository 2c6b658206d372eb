import { frame } from "../../../tests/support/wire/raw_frames.ts";
import type { Step } from "./dialect.ts";

/** A frame of text, as clients send it. */
export const text = frame.text;

/** A frame of bytes, as clients send it. */
export function binary(bytes: Uint8Array): Uint8Array {
  return frame.make(0x82, bytes);
}

/** The frame that answers a WebSocket's ping; it may be sent unasked. */
export const PONG: Uint8Array = frame.make(0x8a, new Uint8Array(0));

/**
 * A WebSocket's handshake.
 *
 * @param until What of the answer shows that the peer is ready; it may come after the handshake.
 */
export function handshake(
  path: string,
  protocol?: string,
  until = "\r\n\r\n",
): Step {
  return {
    send: [
      `GET ${path} HTTP/1.1`,
      "host: 127.0.0.1",
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==",
      ...(protocol === undefined
        ? []
        : [`sec-websocket-protocol: ${protocol}`]),
      "\r\n",
    ].join("\r\n"),
    until,
  };
}
