/**
 * A bare server on Bun: `server.publish`.
 *
 * @module
 */

import { announce, queryOf, Streams } from "./bare.ts";

/** The part of Bun's API that is used here; only Bun has its types. */
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

const streams = new Streams();

const server = Bun.serve({
  port: 0,
  hostname: "127.0.0.1",
  idleTimeout: 0,
  async fetch(request: Request, server: BunServerLike) {
    const { channel, path, verified } = queryOf(request.url);
    if (path === "/sse") return streams.open(channel);
    if (request.headers.has("upgrade")) {
      await verified;
      server.upgrade(request, { data: { channel } });
      return;
    }
    const body = await request.text();
    server.publish(channel, body);
    streams.send(channel, body);
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
