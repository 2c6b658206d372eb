import { isLoopback } from "../../core/http/loopback.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type {
  Fetcher,
  ListenOptions,
  RuntimeAdapter,
  Server,
} from "./adapter.ts";
import { servingHooks } from "./serving_hooks.ts";

let loading: Promise<RuntimeAdapter> | undefined;

/** Returns the adapter for the runtime that this runs on. */
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
 * Serves a gateway, or a Hono app that one is mounted in, on the runtime that this runs on.
 *
 * @example
 * ```ts
 * import { createGateway, serve } from "@tidings/realtime/server";
 *
 * const server = await serve(createGateway({ dev: true }), { port: 0 });
 * console.log(server.url);
 * await server.close();
 * ```
 *
 * @throws {RealtimeError} `invalid_argument` for a gateway in development mode on another address than loopback; `unavailable` when the port is in use or the address is not this machine's.
 */
export async function serve(
  app: Fetcher,
  options: ListenOptions = {},
): Promise<Server> {
  const { port = 8787, hostname = "127.0.0.1" } = options;
  if (app.dev && !isLoopback(hostname)) {
    throw new RealtimeError(
      "invalid_argument",
      `Cannot listen on ${hostname} in development mode: set a signing key instead, or listen on 127.0.0.1`,
    );
  }
  const adapter = await runtime();
  try {
    const listener = await adapter.serve(app, { port, hostname });
    const url = originOf(hostname, listener.port);
    servingHooks(app)?.listening(url, adapter.name);
    return { ...listener, url, [Symbol.asyncDispose]: listener.close };
  } catch (cause) {
    const address = originOf(hostname, port).slice("http://".length);
    const message = `Cannot listen on ${address}: ${reasonOf(cause)}`;
    throw new RealtimeError("unavailable", message, { cause });
  }
}

/** Explains an error by its code on Bun and Node, by its name on Deno. */
function reasonOf(error: unknown): string {
  const { code, name } = Object(error);
  if (code === "EADDRINUSE" || name === "AddrInUse") {
    return "the port is in use; choose another with --port, or 0 for a free one";
  }
  if (code === "EACCES" || name === "PermissionDenied") {
    return "this user may not use the port";
  }
  if (code === "EADDRNOTAVAIL" || name === "AddrNotAvailable") {
    return "this machine doesn't have the address";
  }
  return error instanceof Error ? error.message : String(error);
}

/** Returns the URL of a server that listens on an address; a wildcard address is reached on loopback. */
function originOf(hostname: string, port: number): string {
  const host = hostname === "0.0.0.0" || hostname === "::"
    ? "127.0.0.1"
    : hostname;
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}
