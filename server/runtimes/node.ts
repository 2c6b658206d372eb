import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";
import process from "node:process";
import type {
  Fetcher,
  Listener,
  ListenOptions,
  RuntimeAdapter,
} from "./adapter.ts";
import { directHandlers } from "./direct.ts";
import { directFirst } from "./node_direct.ts";
import {
  createWebSocketServer,
  takeUpgrades,
  upgrade,
} from "./node_upgrade.ts";

function serve(
  app: Fetcher,
  { hostname, port }: Required<ListenOptions>,
): Promise<Listener> {
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
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      });
    server.listen(port, hostname, () => {
      resolve({ port: Object(server.address()).port, close });
    });
    takeUpgrades(server, sockets, app);
    server.once("close", () => sockets.close());
    server.once("error", (error) => {
      sockets.close();
      reject(error);
    });
  });
}

/** Serves on Node, with `@hono/node-server` and `ws`. */
export const nodeRuntime: RuntimeAdapter = {
  name: `Node ${process.versions.node}`,
  upgrade,
  keepOpen(): void {},
  serve,
};
