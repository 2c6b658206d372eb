/**
 * WebSocket clients like those of other languages: with headers on the upgrade, and with the raw response.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import { type RawData, WebSocket } from "ws";

/** The response to a WebSocket handshake. */
export interface HandshakeAnswer {
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Sends a handshake as Go's client does, reads the head of the response, and disconnects. */
export async function shakeHands(
  url: string,
  headers: Readonly<Record<string, string>>,
): Promise<HandshakeAnswer> {
  const { hostname, port, host, pathname, search } = new URL(url);
  const socket = connect(Number(port), hostname);
  const lines = [
    `GET ${pathname}${search} HTTP/1.1`,
    `Host: ${host}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  await once(socket, "connect");
  socket.write(lines.join("\r\n") + "\r\n\r\n");
  let head = "";
  for await (const bytes of socket) {
    head += bytes.toString("latin1");
    if (head.includes("\r\n\r\n")) break;
  }
  socket.destroy();
  const [status = "", ...fields] = head.split("\r\n\r\n")[0]?.split("\r\n") ??
    [];
  return {
    status: Number(status.split(" ")[1]),
    headers: new Map(fields.map((field) => {
      const colon = field.indexOf(":");
      return [
        field.slice(0, colon).toLowerCase(),
        field.slice(colon + 1).trim(),
      ];
    })),
  };
}

/** An open connection whose frames are read one by one. */
export interface FrameReader {
  /** The subprotocol that the gateway chose; empty for a client that offered none. */
  readonly protocol: string;
  /** Returns the next frame's text. */
  next(): Promise<string>;
  close(): Promise<void>;
}

/** Connects with `Authorization` on the upgrade and no subprotocol. */
export async function openFrames(
  url: string,
  token: string,
): Promise<FrameReader> {
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    perMessageDeflate: false,
  });
  const frames = new ReadableStream<string>({
    start(controller) {
      socket.on("message", (data: RawData, isBinary: boolean) => {
        if (isBinary) controller.error(new Error("A frame is binary"));
        else controller.enqueue(data.toString());
      });
    },
  }).getReader();
  await once(socket, "open");
  return {
    protocol: socket.protocol,
    async next() {
      const { value } = await frames.read();
      return value ?? "";
    },
    async close() {
      const closed = once(socket, "close");
      socket.close(1000);
      await closed;
    },
  };
}
