/**
 * A bare server on Bun: `server.publish`.
 *
 * @module
 */

import { announce, Listeners, queryOf } from "./bare.ts";

/** What is used of Bun's API: its own types are known to Bun alone. */
interface BunSocketLike {
  readonly data: { readonly channel: string };
  subscribe(topic: string): void;
}

interface BunServerLike {
  readonly port: number;
  upgrade(request: Request, options: { data: object }): boolean;
  publish(topic: string, text: string): number;
  timeout(request: Request, seconds: number): void;
}

interface BunLike {
  serve(options: object): BunServerLike;
}

const { Bun }: { Bun: BunLike } = Object(globalThis);

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

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request: Request, server: BunServerLike) {
    const { channel, path, verified } = queryOf(request.url);
    if (path === "/sse") return stream(channel);
    if (request.headers.has("upgrade")) {
      await verified;
      server.upgrade(request, { data: { channel } });
      return;
    }
    const body = await request.text();
    server.publish(channel, body);
    const listeners = streams.of(channel);
    if (listeners.size > 0) {
      const event = encoder.encode(`data: ${body}\n\n`);
      for (const controller of listeners) controller.enqueue(event);
    }
    return new Response("{}");
  },
  websocket: {
    open(socket: BunSocketLike) {
      socket.subscribe(socket.data.channel);
    },
    message() {},
  },
});

announce(server.port);
