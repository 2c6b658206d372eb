import { getRequestListener, RequestError } from "@hono/node-server";
import { createServer } from "node:http";
import process from "node:process";
import { failedRequest, malformedRequest } from "../http/runtime_answers.ts";
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

/** Answers a request of which no `Request` can be made, or that an app failed to answer. */
function answerError(error: unknown): Response {
  return error instanceof RequestError
    ? malformedRequest()
    : failedRequest(error);
}

function serve(
  app: Fetcher,
  { hostname, port }: Required<ListenOptions>,
): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const sockets = createWebSocketServer();
    const listener = getRequestListener(
      (request, env) => app.fetch(request, env),
      { hostname, errorHandler: answerError },
    );
    const direct = directHandlers.get(app);
    const server = createServer({
      // Node's default ends every request after 5 minutes, also a data stream's. Headers have a limit of their own.
      requestTimeout: 0,
      // Node drops all but the first of some headers, which `Headers` joins: a second credential must not go unseen.
      joinDuplicateHeaders: true,
      // HTTP lets a server ignore an offer to upgrade (Java's client offers h2c); Node's default leaves a request that offers
      // another protocol unanswered. The body of a request that is upgraded is lost, so only a handshake is.
      shouldUpgradeCallback: ({ method, headers }) =>
        method === "GET" && headers.upgrade?.toLowerCase() === "websocket",
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
