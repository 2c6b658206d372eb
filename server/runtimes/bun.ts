import { RealtimeError } from "../../core/protocol/errors.ts";
import type { SocketHandler } from "../wire/socket.ts";
import {
  type Fetcher,
  type Incoming,
  type Listener,
  type ListenOptions,
  PATIENCE,
  type Patience,
  type RuntimeAdapter,
} from "./adapter.ts";
import { bunWebSocket } from "./bun_websocket.ts";
import { failed } from "./failed.ts";
import { lastRequests } from "./last_requests.ts";

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

/** Returns the server, which Bun passes to `fetch` bare or, by hono's convention, as `env.server`. */
function serverOf({ env }: Incoming): BunServerLike {
  const { server = env } = Object(env);
  return server;
}

function upgrade(
  incoming: Incoming,
  handler: SocketHandler,
  protocol: string | undefined,
): Response {
  const headers = protocol ? { "sec-websocket-protocol": protocol } : undefined;
  const options = { data: handler, headers };
  if (!serverOf(incoming).upgrade(incoming.request, options)) {
    throw new RealtimeError(
      "invalid_argument",
      "Cannot open a WebSocket: the request is not a handshake",
    );
  }
  // Bun has answered already and ignores this response.
  return new Response();
}

/** Serves on Bun, with `Bun.serve`. */
export const bunRuntime: RuntimeAdapter = {
  name: `Bun ${Bun?.version}`,
  capsFrames: true,
  upgrade,
  keepOpen(incoming: Incoming): void {
    lastRequests.add(incoming.request);
    // A request that came through no server, as in tests, has no limit.
    serverOf(incoming).timeout?.(incoming.request, 0);
  },
  serve(
    app: Fetcher,
    { hostname, port }: Required<ListenOptions>,
    { headMs }: Patience = PATIENCE,
  ): Listener {
    const server = Bun.serve({
      hostname,
      port,
      // Bun counts it from the head's beginning, and for a body from each 16 KB, so it ends a request that drips as well.
      idleTimeout: Math.ceil(headMs / 1000),
      error: failed,
      fetch: (request: Request, server: BunServerLike) =>
        app.fetch(request, { server }),
      websocket: bunWebSocket,
    });
    return { port: server.port, close: () => server.stop(true) };
  },
};
