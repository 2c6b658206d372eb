import { serve, type ServerType } from "@hono/node-server";
import process from "node:process";
import type { WebSocketServer } from "ws";
import { listenError, origin } from "./listen.ts";
import {
  createWebSocketServer,
  takeUpgrades,
  upgrade,
} from "./node_upgrade.ts";
import type {
  Fetcher,
  ListenOptions,
  RuntimeAdapter,
  Server,
} from "./runtime.ts";

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
      // Any other upgrade is an offer that HTTP lets a server ignore (Java's client offers h2c); unasked, Node would
      // leave such a request without an answer.
      serverOptions: {
        // By itself Node ends a request after 5 minutes, also one whose body is a data stream. Headers have their own limit.
        requestTimeout: 0,
        shouldUpgradeCallback: ({ headers }) =>
          headers.upgrade?.toLowerCase() === "websocket",
      },
    }, (info) => resolve({ server, sockets, port: info.port }));
    takeUpgrades(server, sockets, app);
    server.once("close", () => sockets.close());
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
