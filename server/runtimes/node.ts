import { getRequestListener } from "@hono/node-server";
import { createServer } from "node:http";
import process from "node:process";
import {
  type Fetcher,
  type Incoming,
  type Listener,
  type ListenOptions,
  PATIENCE,
  type Patience,
  type RuntimeAdapter,
} from "./adapter.ts";
import { directHandler } from "./serving_hooks.ts";
import { failed } from "./failed.ts";
import { answerClientErrors, mayTakeLong } from "./node_client_error.ts";
import { directFirst } from "./node_direct.ts";
import { oneByOne } from "./node_one_by_one.ts";
import {
  createWebSocketServer,
  isHandshake,
  takeUpgrades,
  upgrade,
} from "./node_upgrade.ts";

/** How often in the time for a head Node looks for connections that took longer. */
const CHECKS = 4;

function serve(
  app: Fetcher,
  { hostname, port }: Required<ListenOptions>,
  { headMs, requestMs }: Patience = PATIENCE,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const sockets = createWebSocketServer();
    const listener = getRequestListener(
      (request, env) => app.fetch(request, env),
      { hostname, errorHandler: failed },
    );
    const direct = directHandler(app);
    const server = createServer({
      headersTimeout: headMs,
      requestTimeout: requestMs,
      connectionsCheckingInterval: headMs / CHECKS,
      // Node drops all but the first of some headers, which `Headers` joins: a second credential must not go unseen.
      joinDuplicateHeaders: true,
      // HTTP lets a server ignore an offer to upgrade (Java's client offers h2c); Node's default leaves a request that offers
      // another protocol unanswered.
      shouldUpgradeCallback: isHandshake,
    }, oneByOne(direct ? directFirst(direct, listener) : listener));
    const close = () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets.clients) socket.terminate();
        server.closeAllConnections();
      });
    server.listen(port, hostname, () => {
      resolve({ port: Object(server.address()).port, close });
    });
    answerClientErrors(server);
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
  capsFrames: true,
  upgrade,
  keepOpen({ env }: Incoming): void {
    mayTakeLong(Object(env));
  },
  serve,
};
