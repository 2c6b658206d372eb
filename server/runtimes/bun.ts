import type { Context } from "@hono/hono";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { Packet, Socket, SocketHandler } from "../wire/socket.ts";
import { listenError, origin } from "./listen.ts";
import {
  type Fetcher,
  IDLE_SECONDS,
  INBOUND_BYTES,
  type ListenOptions,
  type RuntimeAdapter,
  type Server,
  type UpgradeContext,
} from "./runtime.ts";

/** What is used of Bun's `ServerWebSocket`: its own types are known to Bun alone. */
export interface BunSocketLike {
  /** What the request's upgrade gave it. */
  readonly data: SocketHandler;
  /** Sends a text frame; 0 says that it was dropped. */
  send(text: string): number;
  /** Sends with as few system calls as possible what is sent in the function. */
  cork(send: () => void): void;
  /** Bytes that the kernel has not taken. */
  getBufferedAmount(): number;
  /** Closes at once. */
  close(code: number, reason: string): void;
}

interface BunServerLike {
  readonly port: number;
  upgrade(
    request: Request,
    options: { data: object; headers?: HeadersInit },
  ): boolean;
  timeout?(request: Request, seconds: number): void;
  stop(closeActiveConnections: boolean): Promise<void>;
}

interface BunLike {
  readonly version: string;
  serve(options: object): BunServerLike;
}

const { Bun }: { Bun: BunLike } = Object(globalThis);

class BunSocket implements Socket {
  readonly #socket: BunSocketLike;

  constructor(socket: BunSocketLike) {
    this.#socket = socket;
  }

  get buffered(): number {
    return this.#socket.getBufferedAmount();
  }

  send({ texts }: Packet): void {
    const socket = this.#socket;
    if (texts.length === 1) this.#send(texts[0] ?? "");
    // One system call for what fits into Bun's buffer, instead of one for each frame.
    else socket.cork(() => texts.forEach((text) => this.#send(text)));
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #send(text: string): void {
    // 0 says that Bun dropped it, which it does silently: the client must learn of it and resume.
    if (this.#socket.send(text) === 0) this.#socket.close(4408, "too slow");
  }

  /** Bun closes at once, whether the peer reads or not. */
  terminate(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

/** What `Bun.serve` takes as `websocket`. */
export interface BunWebSocketHandler {
  /** Bytes of the largest frame that a client may send. */
  readonly maxPayloadLength: number;
  /** Seconds after which a peer that answers no ping is given up. */
  readonly idleTimeout: number;
  /** Whether Bun pings. */
  readonly sendPings: boolean;
  /** Whether frames are compressed. */
  readonly perMessageDeflate: boolean;
  /** A connection is open. */
  open(socket: BunSocketLike): void;
  /** A frame arrived. */
  message(socket: BunSocketLike, data: unknown): void;
  /** There is room again for what waits to be sent. */
  drain(socket: BunSocketLike): void;
  /** A connection is closed. */
  close(socket: BunSocketLike): void;
}

/**
 * The handlers that `Bun.serve` needs beside `fetch`, where an app is served by its own call of it instead of
 * {@linkcode serve}.
 */
export const websocket: BunWebSocketHandler = {
  maxPayloadLength: INBOUND_BYTES,
  idleTimeout: IDLE_SECONDS,
  sendPings: true,
  perMessageDeflate: false,
  open(socket) {
    socket.data.open(new BunSocket(socket));
  },
  message(socket, data) {
    socket.data.message(typeof data === "string" ? data : undefined);
  },
  drain(socket) {
    socket.data.drain();
  },
  close(socket) {
    socket.data.close();
  },
};

/** The server is what Bun calls `fetch` with, bare or, by hono's convention, as `env.server`. */
function serverOf({ env }: Pick<UpgradeContext, "env">): BunServerLike {
  const { server = env } = Object(env);
  return server;
}

function upgrade(
  context: UpgradeContext,
  handler: SocketHandler,
  protocol: string | undefined,
): Response {
  const upgraded = serverOf(context).upgrade(context.req.raw, {
    data: handler,
    ...(protocol === undefined
      ? {}
      : { headers: { "sec-websocket-protocol": protocol } }),
  });
  if (!upgraded) {
    throw new RealtimeError(
      "invalid_argument",
      "Cannot open a WebSocket: the request is not a handshake",
    );
  }
  // Bun has answered already; Hono wants something to return.
  return new Response();
}

/** Serves on Bun, with `Bun.serve`. */
export const bunRuntime: RuntimeAdapter = {
  name: `Bun ${Bun?.version}`,
  upgrade,
  keepOpen(context: Context): void {
    // A request that no server brought, as in tests, has no limit.
    serverOf(context).timeout?.(context.req.raw, 0);
  },
  serve(app: Fetcher, options: Required<ListenOptions>): Promise<Server> {
    const { hostname, port } = options;
    try {
      const server = Bun.serve({
        hostname,
        port,
        fetch: (request: Request, server: BunServerLike) =>
          app.fetch(request, { server }),
        websocket,
      });
      const close = () => server.stop(true);
      return Promise.resolve({
        url: origin(hostname, server.port),
        port: server.port,
        close,
        [Symbol.asyncDispose]: close,
      });
    } catch (error) {
      return Promise.reject(listenError(error, hostname, port));
    }
  },
};
