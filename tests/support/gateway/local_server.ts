import { createServer, type Server } from "node:http";
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

/** Returns the URL of a port of loopback at which nothing listens. */
export async function closedUrl(): Promise<string> {
  await using server = await listen(createServer());
  return server.url;
}
