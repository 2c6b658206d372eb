import type {
  Fetcher,
  ListenOptions,
  RuntimeAdapter,
  Server,
} from "./adapter.ts";

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
 * const server = await serve(createGateway(), { port: 0 });
 * console.log(server.url);
 * await server.close();
 * ```
 *
 * @throws {RealtimeError} `unavailable` when the port is in use or the address is not this machine's.
 */
export async function serve(
  app: Fetcher,
  options: ListenOptions = {},
): Promise<Server> {
  const { port = 8787, hostname = "127.0.0.1" } = options;
  return (await runtime()).serve(app, { port, hostname });
}
