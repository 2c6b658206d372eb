import { frame } from "../../../tests/support/wire/raw_frames.ts";
import type { Step } from "./dialect.ts";

/** Returns a client's text frame. */
export const text = frame.text;

/** Returns a client's binary frame. */
export function binary(bytes: Uint8Array): Uint8Array {
  return frame.make(0x82, bytes);
}

/** A pong frame. A client may send it without a ping. */
export const PONG: Uint8Array = frame.make(0x8a, new Uint8Array(0));

/**
 * Returns the step of a WebSocket handshake.
 *
 * @param until The text that shows that the server is ready; it may come after the handshake.
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
