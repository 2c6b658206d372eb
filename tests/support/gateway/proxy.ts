import { connect, createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

/** A TCP proxy that can be cut and pointed to another server. */
export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** Breaks every connection and refuses new ones until {@linkcode Proxy.lead}. */
  cut(): void;
  /** Points new connections to a server. */
  lead(url: string): void;
  /** Passes on nothing more that the server sends, so that its buffers fill. */
  hold(): void;
  /** Passes on what was held back, and what follows. */
  release(): void;
  close(): Promise<void>;
}

/** Starts a proxy for a server, on a free port of loopback. */
export async function startProxy(url: string): Promise<Proxy> {
  let target: string | undefined = url;
  const open = new Set<Socket>();
  /** The connections of clients, each with the one to the server. */
  const pairs = new Map<Socket, Socket>();

  function keep(socket: Socket): void {
    open.add(socket);
    // Errors here are intended: the tests break the connections.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => open.delete(socket));
  }

  function cut(): void {
    target = undefined;
    for (const socket of open) socket.destroy();
  }

  const server = createServer((client) => {
    keep(client);
    if (target === undefined) {
      client.destroy();
      return;
    }
    const { hostname, port } = new URL(target);
    const upstream = connect(Number(port), hostname);
    keep(upstream);
    client.pipe(upstream).pipe(client);
    pairs.set(client, upstream);
    client.on("close", () => {
      pairs.delete(client);
      upstream.destroy();
    });
    upstream.on("close", () => client.destroy());
  });
  await new Promise<void>((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve())
  );
  const { port } = server.address() as AddressInfo;

  async function close(): Promise<void> {
    cut();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  return {
    url: `http://127.0.0.1:${port}`,
    cut,
    lead: (url) => target = url,
    hold() {
      for (const [client, upstream] of pairs) upstream.unpipe(client);
    },
    release() {
      for (const [client, upstream] of pairs) upstream.pipe(client);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}
