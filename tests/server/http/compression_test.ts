import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { deflateRawSync } from "node:zlib";
import { startGateway } from "../../support/gateway/gateway.ts";
import { frame } from "../../support/wire/raw_frames.ts";
import { RawSocket } from "../../support/wire/raw_socket.ts";
import { handshake, tokenFor } from "../../support/wire/websocket.ts";

const EXTENSIONS = {
  "sec-websocket-extensions": "permessage-deflate; client_max_window_bits",
};

/** The flags and the opcode of a compressed text. */
const COMPRESSED_TEXT = 0xc1;

describe("compression of WebSocket frames", () => {
  it("is not agreed to", async () => {
    await using gateway = await startGateway();
    const token = await tokenFor(gateway, ["c/t"]);
    const { answer, socket } = await handshake(gateway, {
      token,
      v1: true,
      headers: EXTENSIONS,
    });
    assert(socket);
    await using _socket = socket;
    assertEquals(answer.status, 101);
    assertEquals(answer.headers.get("sec-websocket-extensions"), undefined);
  });

  it("ends the connection where a client uses it all the same", async () => {
    await using gateway = await startGateway();
    const { host } = new URL(gateway.url);
    const token = await tokenFor(gateway, ["c/t"]);
    await using socket = await RawSocket.open(gateway.url);
    await socket.write([
      "GET /v1/realtime/connect HTTP/1.1",
      `host: ${host}`,
      "connection: Upgrade",
      "upgrade: websocket",
      "sec-websocket-version: 13",
      "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==",
      `sec-websocket-protocol: tidings.v1, tidings.auth.${token}`,
      `sec-websocket-extensions: ${EXTENSIONS["sec-websocket-extensions"]}`,
      "\r\n",
    ].join("\r\n"));
    assertEquals((await socket.takeAnswer()).status, 101);
    // A thousand times smaller than what it would become.
    const bomb = deflateRawSync("x".repeat(1024 * 1024));
    await socket.write(frame.make(COMPRESSED_TEXT, bomb));
    assertEquals((await socket.takeAll()).includes('"kind"'), false);
  });
});
