import { serve, type ServerType, upgradeWebSocket } from "@hono/node-server";
import type { Context } from "@hono/hono";
import { Buffer } from "node:buffer";
import process from "node:process";
import { type WebSocket, WebSocketServer } from "ws";
import { PROTOCOL } from "../../core/frame.ts";
import { BEARER_PROTOCOL } from "../bearer.ts";
import type { Packet, Socket, SocketHandler } from "../socket.ts";
import { listenError, origin } from "./listen.ts";
import {
  type Fetcher,
  IDLE_SECONDS,
  INBOUND_BYTES,
  type ListenOptions,
  type RuntimeAdapter,
  type Server,
} from "./runtime.ts";

class NodeSocket implements Socket {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** `ws` counts what is sent to a closed socket, for ever. */
  get buffered(): number {
    const { readyState, OPEN, bufferedAmount } = this.#socket;
    return readyState === OPEN ? bufferedAmount : 0;
  }

  send(packet: Packet): void {
    packet.prepared ??= Buffer.from(packet.text);
    if (packet.prepared instanceof Buffer) {
      this.#socket.send(packet.prepared, { binary: false });
    }
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  terminate(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), 1000).unref();
  }
}

/** Sockets that answered since the last round of pings. */
const alive = new WeakSet<WebSocket>();

/** Finds dead peers: `ws` doesn't ping by itself. */
function startPings(server: WebSocketServer): ReturnType<typeof setInterval> {
  const timer = setInterval(() => {
    for (const socket of server.clients) {
      if (!alive.has(socket)) socket.terminate();
      alive.delete(socket);
      socket.ping();
    }
  }, IDLE_SECONDS * 500);
  timer.unref();
  return timer;
}

/** The WebSocket server beside the HTTP server. */
function createWebSocketServer(): WebSocketServer {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: INBOUND_BYTES,
    perMessageDeflate: false,
    handleProtocols: (offered) =>
      offered.has(PROTOCOL)
        ? PROTOCOL
        : [...offered].find((name) => name.startsWith(BEARER_PROTOCOL)) ??
          false,
  });
  const timer = startPings(server);
  server.on("close", () => clearInterval(timer));
  server.on("connection", (socket) => {
    alive.add(socket);
    socket.on("pong", () => alive.add(socket));
  });
  return server;
}

async function upgrade(
  context: Context,
  handler: SocketHandler,
): Promise<Response> {
  const middleware = upgradeWebSocket(() => ({
    onOpen: (_event, { raw }) => {
      if (raw instanceof Object) handler.open(new NodeSocket(raw as WebSocket));
    },
    onMessage: ({ data }) => {
      handler.message(typeof data === "string" ? data : undefined);
    },
    onClose: () => handler.close(),
  }));
  // To npm, the alias `@hono/hono` and this package's peer `hono` are two copies of one package.
  const peerContext = context as unknown as Parameters<typeof middleware>[0];
  const response = await middleware(peerContext, () => Promise.resolve());
  return response ?? new Response(null, { status: 426 });
}

function listen(
  app: Fetcher,
  { hostname, port }: Required<ListenOptions>,
): Promise<{ server: ServerType; sockets: WebSocketServer; port: number }> {
  return new Promise((resolve, reject) => {
    const sockets = createWebSocketServer();
    const server = serve({
      fetch: (request, env) => app.fetch(request, env),
      hostname,
      port,
      websocket: { server: sockets },
      // Any other upgrade is an offer that HTTP lets a server ignore (Java's client offers h2c); unasked, Node would
      // leave such a request without an answer.
      serverOptions: {
        // By itself Node ends a request after 5 minutes, also one whose body is a data stream. Headers have their own limit.
        requestTimeout: 0,
        shouldUpgradeCallback: ({ headers }) =>
          headers.upgrade?.toLowerCase() === "websocket",
      },
    }, (info) => resolve({ server, sockets, port: info.port }));
    server.once("error", (error) => {
      sockets.close();
      reject(listenError(error, hostname, port));
    });
  });
}

/** Serves on Node, with `@hono/node-server` and `ws`. */
export const nodeRuntime: RuntimeAdapter = {
  name: `Node ${process.versions.node}`,
  upgrade,
  keepOpen(): void {},
  async serve(app: Fetcher, options: Required<ListenOptions>): Promise<Server> {
    const { server, sockets, port } = await listen(app, options);
    function close(): Promise<void> {
      return new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.clients) socket.terminate();
        if ("closeAllConnections" in server) server.closeAllConnections();
      });
    }
    return {
      url: origin(options.hostname, port),
      port,
      close,
      [Symbol.asyncDispose]: close,
    };
  },
};
