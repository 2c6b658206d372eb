/**
 * A bare server on Deno: sends to one socket after the other.
 *
 * @module
 */

import { announce, Listeners, queryOf, Streams } from "./bare.ts";

const sockets = new Listeners<WebSocket>();
const streams = new Streams();

Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => announce(port),
}, async (request) => {
  const { channel, path, verified } = queryOf(request.url);
  if (path === "/sse") return streams.open(channel);
  if (request.headers.has("upgrade")) {
    await verified;
    const { socket, response } = Deno.upgradeWebSocket(request);
    let leave = () => {};
    socket.addEventListener("open", () => {
      leave = sockets.add(channel, socket);
    });
    socket.addEventListener("close", () => leave());
    return response;
  }
  const body = await request.text();
  for (const socket of sockets.of(channel)) socket.send(body);
  streams.send(channel, body);
  return new Response("{}");
});
