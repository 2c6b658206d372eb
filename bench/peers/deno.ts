/**
 * A bare server on Deno: a loop of `send`.
 *
 * @module
 */

import { announce, Listeners, queryOf } from "./bare.ts";

const sockets = new Listeners<WebSocket>();
const streams = new Listeners<ReadableStreamDefaultController<Uint8Array>>();
const encoder = new TextEncoder();

function stream(channel: string): Response {
  let leave = () => {};
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      leave = streams.add(channel, controller);
      // Without a first byte, the headers are kept back.
      controller.enqueue(encoder.encode(":\n\n"));
    },
    cancel: () => leave(),
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream" },
  });
}

Deno.serve({
  port: 0,
  hostname: "127.0.0.1",
  onListen: ({ port }) => announce(port),
}, async (request) => {
  const { channel, path, verified } = queryOf(request.url);
  if (path === "/sse") return stream(channel);
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
  const listeners = streams.of(channel);
  if (listeners.size > 0) {
    const event = encoder.encode(`data: ${body}\n\n`);
    for (const controller of listeners) controller.enqueue(event);
  }
  return new Response("{}");
});
