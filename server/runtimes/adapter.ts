import type { AsyncClosing } from "../../core/types/async_closing.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { SocketHandler } from "../wire/socket.ts";

/** Anything that answers requests: a gateway, a Hono app that it is mounted in. */
export interface Fetcher {
  /** Answers a request; `env` is what the runtime passes beside it. */
  fetch(request: Request, env?: object): Response | Promise<Response>;
  /** Whether it is a gateway in development mode, which may listen on loopback only. */
  readonly dev?: boolean;
}

/** Options of `serve`: the address to listen on. */
export interface ListenOptions {
  /**
   * The TCP port, 0 for a free one.
   *
   * @default {8787}
   */
  port?: number | undefined;
  /**
   * The address.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string | undefined;
}

/** A server that listens. */
export interface Server extends AsyncClosing {
  /** The base URL, as in `http://127.0.0.1:8787`. */
  readonly url: string;
  /** The port that the server listens on. */
  readonly port: number;
  /** Stops listening and ends the connections that are still open. */
  close(): Promise<void>;
}

/** A server that listens, as an adapter returns it. */
export type Listener = Pick<Server, "port" | "close">;

/** How long a client may take over parts of its requests, in milliseconds. */
export interface Patience {
  /** For a request's head, counted from the connection's beginning or from the request before. */
  readonly headMs: number;
  /** For a whole request. {@linkcode RuntimeAdapter.keepOpen} lifts it, as the lease of a data stream limits the silence of its body. */
  readonly requestMs: number;
}

/** The patience of every server; only tests have less. A connection ends within 30 s, as runtimes check such limits now and then. */
export const PATIENCE: Patience = { headMs: 20_000, requestMs: 60_000 };

/** A request and what its runtime passed beside it. */
export interface Incoming {
  readonly request: Request;
  readonly env: unknown;
}

/** The largest frame that a client may send, in bytes. */
export const INBOUND_BYTES = 64 * 1024;

/** Seconds after which a runtime that pings by itself closes the connection of a silent peer. */
export const IDLE_SECONDS = 30;

/**
 * The parts of serving that differ between runtimes.
 *
 * An adapter MUST pass every frame to the handler, in order, and close with 1009 for one over
 * {@linkcode INBOUND_BYTES}; it MUST find dead peers within 40 s.
 */
export interface RuntimeAdapter {
  /** The runtime's name and version. */
  readonly name: string;
  /**
   * Whether frames over {@linkcode INBOUND_BYTES} are refused by their heads. Where they are received first, a client can make the
   * gateway hold as much as the runtime takes, so only a client with a valid token gets a WebSocket.
   */
  readonly capsFrames: boolean;
  /**
   * Turns a request into a WebSocket.
   *
   * @param protocol The subprotocol to answer with.
   */
  upgrade(
    incoming: Incoming,
    handler: SocketHandler,
    protocol: string | undefined,
  ): MaybePromise<Response>;
  /** Lifts the runtime's limits on how long a request may take, and on how long a response may be silent. */
  keepOpen(incoming: Incoming): void;
  /**
   * Listens; fails with the runtime's own error.
   *
   * @param patience How long clients may take. Deno has no such limit.
   */
  serve(
    app: Fetcher,
    options: Required<ListenOptions>,
    patience?: Patience,
  ): MaybePromise<Listener>;
}
