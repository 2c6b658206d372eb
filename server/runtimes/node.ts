import { getRequestListener } from "@hono/node-server";
import { Buffer } from "node:buffer";
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server as HttpServer,
  type ServerResponse,
} from "node:http";
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
import { type BodyHandler, shortcutOf } from "./shortcut.ts";

/** Takes what the app has a shortcut for before `@hono/node-server` makes a `Request` of it. */
function withShortcut(
  app: Fetcher,
  listener: RequestListener,
): RequestListener {
  const shortcut = shortcutOf(app);
  if (!shortcut) return listener;
  return (incoming, outgoing) => {
    const { method = "", url = "", headers } = incoming;
    const header = (name: string) => headers[name]?.toString();
    const handle = shortcut({ method, url, header });
    if (handle) answerWith(handle, incoming, outgoing);
    else listener(incoming, outgoing);
  };
}

function answerWith(
  handle: BodyHandler,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): void {
  const chunks: Uint8Array[] = [];
  incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
  // A body that breaks off ends in no event that is listened to here: nobody waits for an answer.
  incoming.on("end", async () => {
    const [first, ...others] = chunks;
    const body = first && others.length === 0 ? first : Buffer.concat(chunks);
    const answer = handle(body);
    const { status, json, isLast } = answer instanceof Promise
      ? await answer
      : answer;
    outgoing.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(json),
      ...(isLast ? { connection: "close" } : {}),
    });
    outgoing.end(json);
  });
}

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
    const server = createServer({
      // By itself Node ends a request after 5 minutes, also one whose body is a data stream. Headers have their own limit.
      requestTimeout: 0,
      // Any other upgrade is an offer that HTTP lets a server ignore (Java's client offers h2c); unasked, Node would
      // leave such a request without an answer.
      shouldUpgradeCallback: ({ headers }) =>
        headers.upgrade?.toLowerCase() === "websocket",
    }, withShortcut(app, listener));
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
    return {
      url: origin(options.hostname, port),
      port,
      close,
      [Symbol.asyncDispose]: close,
    };
  },
};
