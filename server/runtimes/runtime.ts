import type { Context } from "@hono/hono";
import type { SocketHandler } from "../wire/socket.ts";

/** What is needed of a request that becomes a WebSocket: a part of Hono's context. */
export interface UpgradeContext {
  /** What the runtime adds to a request. */
  readonly env: unknown;
  /** The request. */
  readonly req: {
    readonly raw: Request;
    readonly method: string;
    readonly url: string;
    header(name: string): string | undefined;
  };
}

/** Anything that answers requests: a gateway, a Hono app that it is mounted in. */
export interface Fetcher {
  /** Answers a request; `env` is what the runtime adds to it. */
  fetch(request: Request, env?: object): Response | Promise<Response>;
}

/** Where a server listens. */
export interface ListenOptions {
  /**
   * The TCP port, 0 for a free one.
   *
   * @default {8787}
   */
  port?: number;
  /**
   * The address.
   *
   * @default {"127.0.0.1"}
   */
  hostname?: string;
}

/** A server that listens. */
export interface Server extends AsyncDisposable {
  /** Where it is reached: `http://127.0.0.1:8787`. */
  readonly url: string;
  /** The port it got. */
  readonly port: number;
  /** Stops listening and ends what is still open. */
  close(): Promise<void>;
}

/** The largest frame that a client may send, in bytes. */
export const INBOUND_BYTES = 64 * 1024;

/** Seconds after which a runtime that pings by itself gives up a silent peer. */
export const IDLE_SECONDS = 30;

/**
 * What differs between the runtimes.
 *
 * An adapter MUST pass every frame to the handler, in order, and close with 1009 for one over
 * {@linkcode INBOUND_BYTES}; it MUST find dead peers within 40 s.
 */
export interface RuntimeAdapter {
  /** The runtime's name and version. */
  readonly name: string;
  /**
   * Turns a request into a WebSocket.
   *
   * @param protocol The subprotocol to answer with.
   */
  upgrade(
    context: UpgradeContext,
    handler: SocketHandler,
    protocol: string | undefined,
  ): Response | Promise<Response>;
  /** Lifts the runtime's limit on how long a response may be silent. */
  keepOpen(context: Context): void;
  /**
   * Listens.
   *
   * @throws {RealtimeError} `unavailable` when the address can't be had.
   */
  serve(app: Fetcher, options: Required<ListenOptions>): Promise<Server>;
}

let loading: Promise<RuntimeAdapter> | undefined;

/** The adapter for the runtime that this runs on. */
export function runtime(): Promise<RuntimeAdapter> {
  loading ??= load();
  return loading;
}

async function load(): Promise<RuntimeAdapter> {
  if ("Deno" in globalThis) return (await import("./deno.ts")).denoRuntime;
  if ("Bun" in globalThis) return (await import("./bun.ts")).bunRuntime;
  return (await import("./node.ts")).nodeRuntime;
}

/**
 * Serves a gateway, or a Hono app that has one mounted, on the runtime that this runs on.
 *
 * @example
 * ```ts
 * import { createGateway, serve } from "@tidings/realtime/server";
 *
 * const server = await serve(createGateway(), { port: 0 });
 * console.log(server.url);
 * await server.close();
 * ```
 *
 * @throws {RealtimeError} `unavailable` when the port is in use or the address can't be had.
 */
export async function serve(
  app: Fetcher,
  options: ListenOptions = {},
): Promise<Server> {
  const { port = 8787, hostname = "127.0.0.1" } = options;
  return (await runtime()).serve(app, { port, hostname });
}
