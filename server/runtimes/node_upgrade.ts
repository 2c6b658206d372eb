import { RequestError, upgradeWebSocket } from "@hono/node-server";
import { Buffer } from "node:buffer";
import type { EventEmitter } from "node:events";
import { type IncomingMessage, STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { setImmediate } from "node:timers";
import { WebSocket, WebSocketServer } from "ws";
import { readOffer } from "../wire/credentials.ts";
import type { SocketHandler } from "../wire/socket.ts";
import {
  type Fetcher,
  IDLE_SECONDS,
  INBOUND_BYTES,
  type Incoming,
} from "./adapter.ts";
import { failed } from "./failed.ts";
import { isHost } from "./host.ts";
import { NodeSocket } from "./node_socket.ts";
import { CONNECT_PATH } from "./request_head.ts";

/** Most fragments of a message; `ws` closes with 1008 for more. */
const FRAGMENTS = 1024;

/** Most pieces in which TCP may bring a frame, for the same reason: each costs memory until the frame is complete. */
const PIECES = 1024;

/** The sockets that answered since the last round of pings. */
const alive = new WeakSet<WebSocket>();

/** Creates the WebSocket server that works beside the HTTP server. */
export function createWebSocketServer(): WebSocketServer {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: INBOUND_BYTES,
    maxFragments: FRAGMENTS,
    maxBufferedChunks: PIECES,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      readOffer([...offered].join()).answer ?? false,
  });
  // `ws` neither pings by itself nor ends the sockets of dead peers.
  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, IDLE_SECONDS * 500);
  timer.unref();
  server.on("close", () => clearInterval(timer));
  return server;
}

/** Requests to upgrade; `handler` is set when the app accepts one. */
const handshakes = new WeakMap<IncomingMessage, { handler?: SocketHandler }>();

/**
 * Tells whether a request goes to {@linkcode takeUpgrades}. Every other one that offers to upgrade is answered as if it didn't, which
 * HTTP allows: only there it has its method, its body and an answer of any length.
 */
export function isHandshake(
  { method, url = "", headers }: IncomingMessage,
): boolean {
  return method === "GET" && headers.upgrade?.toLowerCase() === "websocket" &&
    URL.parse(url, "http://localhost")?.pathname === CONNECT_PATH;
}

/**
 * Accepts WebSockets for an app. `@hono/node-server` can do it too, but keeps each one's request, URL and context as long as the
 * connection lives, which is 6 KB of memory.
 */
export function takeUpgrades(
  server: EventEmitter,
  sockets: WebSocketServer,
  app: Fetcher,
): void {
  async function take(
    incoming: IncomingMessage,
    tcp: Duplex,
    head: Buffer,
  ): Promise<void> {
    // Until `ws` listens for errors itself, a connection that breaks off must not throw.
    tcp.on("error", ignore);
    const handshake: { handler?: SocketHandler } = {};
    handshakes.set(incoming, handshake);
    const response = await answer(app, incoming);
    const { handler } = handshake;
    if (!handler) return await refuse(tcp, response);
    tcp.off("error", ignore);
    // The answer and the session's first frames leave in one system call: a connection costs 200 µs instead of 270.
    tcp.cork();
    setImmediate(() => tcp.uncork());
    sockets.handleUpgrade(incoming, tcp, head, (socket) => {
      attach(socket, tcp, handler);
    });
  }

  server.on(
    "upgrade",
    (incoming: IncomingMessage, tcp: Duplex, head: Buffer) => {
      // Nothing else waits for it, and a rejection that nobody handles would end the process.
      take(incoming, tcp, head).catch((error) => {
        failed(error);
        tcp.destroy();
      });
    },
  );
}

async function answer(
  app: Fetcher,
  incoming: IncomingMessage,
): Promise<Response> {
  try {
    return await app.fetch(requestOf(incoming), { incoming });
  } catch (error) {
    return failed(error);
  }
}

/** @throws {RequestError} For a head that makes no address. */
function requestOf({ url = "", headers }: IncomingMessage): Request {
  const { host = "" } = headers;
  if (!isHost(host) || !url.startsWith("/")) {
    throw new RequestError("The target is no path, or the host is malformed");
  }
  const copy = new Headers();
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined) copy.set(name, String(value));
  }
  return new Request(`http://${host}${url}`, { headers: copy });
}

async function refuse(tcp: Duplex, response: Response): Promise<void> {
  const body = Buffer.from(await response.arrayBuffer());
  const { status } = response;
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}`];
  response.headers.forEach((value, name) => lines.push(`${name}: ${value}`));
  lines.push("connection: close", `content-length: ${body.length}`, "\r\n");
  if (!tcp.destroyed) {
    tcp.end(Buffer.concat([Buffer.from(lines.join("\r\n")), body]));
  }
}

/** Ignores an error: a close event follows it. */
function ignore(): void {}

function attach(socket: WebSocket, tcp: Duplex, handler: SocketHandler): void {
  alive.add(socket);
  socket.on("pong", () => {
    alive.add(socket);
    handler.control();
  });
  socket.on("ping", () => handler.control());
  socket.on("message", (data, isBinary) => {
    handler.message(isBinary ? undefined : String(data));
  });
  socket.on("close", (code) => handler.close(code));
  socket.on("error", ignore);
  handler.open(new NodeSocket(socket, tcp));
}

/**
 * Turns a request into a WebSocket. It came either through {@linkcode takeUpgrades} or, in another server, through
 * `@hono/node-server`, which then waits for the upgrade.
 */
export async function upgrade(
  { request, env }: Incoming,
  handler: SocketHandler,
): Promise<Response> {
  const { incoming } = Object(env);
  const handshake = handshakes.get(incoming);
  if (handshake) {
    handshake.handler = handler;
    // `ws` writes the real answer.
    return new Response();
  }
  const middleware = upgradeWebSocket(() => ({
    onOpen: (_event, { raw }) => {
      if (raw instanceof WebSocket) attach(raw, incoming.socket, handler);
    },
  }));
  const { url, headers } = request;
  // The middleware uses no more of Hono's context than this.
  const context = { env, req: { url, header: (n: string) => headers.get(n) } };
  const response = await middleware(
    context as unknown as Parameters<typeof middleware>[0],
    () => Promise.resolve(),
  );
  return response ?? new Response(null, { status: 426 });
}
