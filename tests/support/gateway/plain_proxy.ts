import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server on a free port of loopback. */
export interface LocalServer extends AsyncDisposable {
  readonly url: string;
}

/** Lets a server listen on a free port of loopback. */
export async function listen(server: Server): Promise<LocalServer> {
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** The headers that concern one connection. A proxy that knows no upgrades drops them. */
const HOP_HEADERS = ["connection", "upgrade"];

/** Starts a reverse proxy that passes on plain requests only, as nginx does without a configuration for WebSockets. */
export async function startPlainProxy(target: string): Promise<LocalServer> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers };
    for (const name of HOP_HEADERS) delete headers[name];
    const { method } = incoming;
    const forwarded = request(
      new URL(incoming.url ?? "/", target),
      { method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    // The tests end connections on both sides.
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  return await listen(server);
}
