import { getRequestListener } from "@hono/node-server";
import { createServer, type Server as HttpServer } from "node:http";
import process from "node:process";
import type { WebSocketServer } from "ws";
import type {
  Fetcher,
  ListenOptions,
  RuntimeAdapter,
  Server,
} from "./adapter.ts";
import { directHandlers } from "./direct.ts";
import { listenError, listening } from "./listen.ts";
import { directFirst } from "./node_direct.ts";
import {
  createWebSocketServer,
  takeUpgrades,
  upgrade,
} from "./node_upgrade.ts";

function listen(
  app: Fetcher,
  { hostname, port }: Required<ListenOptions>,
): Promise<{ server: HttpServer; sockets: WebSocketServer; port: number }> {
  return new Promise((resolve, reject) => {
    const sockets = createWebSocketServer();
    const listener = getRequestListener(
      (request, env) => app.fetch(request, env),
      { hostname },
    );
    const direct = directHandlers.get(app);
    const server = createServer({
      // Node's default ends every request after 5 minutes, also a data stream's. Headers have a limit of their own.
      requestTimeout: 0,
      // HTTP lets a server ignore an offer to upgrade (Java's client offers h2c); Node's default leaves a request that offers
      // another protocol unanswered.
      shouldUpgradeCallback: ({ headers }) =>
        headers.upgrade?.toLowerCase() === "websocket",
    }, direct ? directFirst(direct, listener) : listener);
    server.listen(port, hostname, () => {
      resolve({ server, sockets, port: Object(server.address()).port });
    });
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
        server.closeAllConnections();
      });
    }
    return listening(options.hostname, port, close);
  },
};
