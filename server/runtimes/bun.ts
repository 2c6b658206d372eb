import type { Context } from "@hono/hono";
import { RealtimeError } from "../../core/errors.ts";
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

/** What is used of Bun's API: its own types are known to Bun alone. */
interface BunSocketLike {
  readonly data: { readonly handler: SocketHandler };
  send(text: string): number;
  getBufferedAmount(): number;
  close(code: number, reason: string): void;
}

interface BunServerLike {
  readonly port: number;
  upgrade(
    request: Request,
    options: { data: object; headers?: HeadersInit },
  ): boolean;
  timeout(request: Request, seconds: number): void;
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

  send({ text }: Packet): void {
    // 0 says that Bun dropped it, which it does silently: the client must learn of it and resume.
    if (this.#socket.send(text) === 0) this.#socket.close(4408, "too slow");
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  /** Bun closes at once, whether the peer reads or not. */
  terminate(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

/**
 * The handlers that `Bun.serve` needs beside `fetch`, where an app is served by its own call of it instead of
 * {@linkcode serve}.
 */
export const websocket = {
  maxPayloadLength: INBOUND_BYTES,
  idleTimeout: IDLE_SECONDS,
  sendPings: true,
  perMessageDeflate: false,
  open(socket: BunSocketLike): void {
    socket.data.handler.open(new BunSocket(socket));
  },
  message(socket: BunSocketLike, data: unknown): void {
    socket.data.handler.message(typeof data === "string" ? data : undefined);
  },
  drain(socket: BunSocketLike): void {
    socket.data.handler.drain();
  },
  close(socket: BunSocketLike): void {
    socket.data.handler.close();
  },
} as const;

/** The server is what Bun calls `fetch` with, bare or, by hono's convention, as `env.server`. */
function serverOf(context: Context): BunServerLike {
  return context.env.server ?? context.env;
}

function upgrade(
  context: Context,
  handler: SocketHandler,
  protocol: string | undefined,
): Response {
  const upgraded = serverOf(context).upgrade(context.req.raw, {
    data: { handler },
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
    serverOf(context).timeout(context.req.raw, 0);
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
