/**
 * A bare server on Node: sends to one socket of `ws` after the other.
 *
 * @module
 */

import { createServer, type ServerResponse } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { announce, Listeners, queryOf } from "./bare.ts";

const sockets = new Listeners<WebSocket>();
const streams = new Listeners<ServerResponse>();
const upgrades = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
});

const server = createServer((request, response) => {
  const { channel, path } = queryOf(request.url);
  if (path === "/sse") {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.flushHeaders();
    const leave = streams.add(channel, response);
    response.on("close", leave);
    return;
  }
  let body = "";
  request.setEncoding("utf8");
  request.on("data", (text: string) => {
    body += text;
  });
  request.on("end", () => {
    for (const socket of sockets.of(channel)) socket.send(body);
    for (const stream of streams.of(channel)) {
      stream.write(`data: ${body}\n\n`);
    }
    // With writeHead() Node would not know the length and send a chunked body.
    response.setHeader("content-type", "application/json");
    response.end("{}");
  });
});

server.on("upgrade", async (request, socket, head) => {
  const { channel, verified } = queryOf(request.url);
  await verified;
  upgrades.handleUpgrade(request, socket, head, (webSocket) => {
    webSocket.on("close", sockets.add(channel, webSocket));
  });
});

server.listen(0, "127.0.0.1", () => announce(Object(server.address()).port));
