import { connect, createServer, type Server, type Socket } from "node:net";

/** The faults of a network. Each is off by default. */
export interface NetworkFaults {
  /** The port to connect to from now on. */
  readonly upstream?: number;
  /** The shortest and the longest time in milliseconds after which a connection is cut. */
  readonly lifetimeMs?: readonly [number, number];
  /** Delays everything that is sent by some milliseconds. */
  readonly delayMs?: number;
  /** Refuses new connections. */
  readonly refuse?: boolean;
  /** Makes the current connections half-open: they stay open, but nothing passes any more in either direction. */
  readonly stall?: boolean;
  /** Cuts the current connections. */
  readonly cut?: boolean;
  /** Drops the answers: requests arrive, then the connection is cut. */
  readonly mute?: boolean;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  timer: ReturnType<typeof setTimeout> | undefined;
  isStalled: boolean;
}

/** How long a muted connection lasts. It must be long enough for the gateway to answer. */
const MUTE_MS = 100;

/** A TCP proxy with network faults. */
export class Proxy {
  /** How often clients connected. */
  connects = 0;
  /** How many connections were cut. */
  cuts = 0;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #upstream: number;
  #faults: NetworkFaults = {};
  readonly #wake: Array<() => void> = [];

  private constructor(server: Server, upstream: number) {
    this.#server = server;
    this.#upstream = upstream;
    server.on("connection", (socket: Socket) => this.#accept(socket));
  }

  /** Starts a proxy in front of a port. */
  static start(upstream: number): Promise<Proxy> {
    return new Promise((resolve, reject) => {
      const server = createServer({ pauseOnConnect: false });
      const proxy = new Proxy(server, upstream);
      server.once("error", reject);
      server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, () => {
        resolve(proxy);
      });
    });
  }

  /** The URL that clients connect to. */
  get url(): string {
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return `http://127.0.0.1:${port}`;
  }

  /** The number of open connections. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Sets the faults, and ends those of before. */
  set(faults: NetworkFaults): void {
    this.#faults = faults;
    this.#upstream = faults.upstream ?? this.#upstream;
    for (const pair of this.#pairs) {
      if (faults.cut) this.#cut(pair);
      else if (faults.stall) this.#stall(pair);
      else this.#arm(pair);
    }
  }

  /** Resolves when the next connection is cut because its time is over. */
  cut(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Cuts all connections and stops the proxy. */
  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    for (const pair of this.#pairs) this.#cut(pair);
    await closed;
  }

  #accept(client: Socket): void {
    this.connects++;
    client.setNoDelay(true);
    if (this.#faults.refuse) {
      client.on("error", () => {});
      client.destroy();
      return;
    }
    const upstream = connect(this.#upstream, "127.0.0.1");
    upstream.setNoDelay(true);
    const pair: Pair = { client, upstream, timer: undefined, isStalled: false };
    this.#pairs.add(pair);
    this.#join(pair, client, upstream);
    this.#join(pair, upstream, client);
    this.#arm(pair);
  }

  /** Forwards the bytes and the end of one side, with backpressure. */
  #join(pair: Pair, from: Socket, to: Socket): void {
    from.on("data", (bytes: Uint8Array) => {
      if (pair.isStalled) return;
      if (this.#faults.mute && from === pair.upstream) return;
      const { delayMs = 0 } = this.#faults;
      if (delayMs > 0) {
        setTimeout(() => {
          if (!pair.isStalled && to.writable) to.write(bytes);
        }, delayMs);
      } else if (!to.write(bytes)) {
        from.pause();
        to.once("drain", () => {
          if (!pair.isStalled) from.resume();
        });
      }
    });
    from.on("end", () => {
      if (!pair.isStalled) to.end();
    });
    // A reset is handled like any other end.
    from.on("error", () => {});
    from.on("close", () => {
      if (!pair.isStalled) this.#cut(pair);
    });
  }

  #arm(pair: Pair): void {
    clearTimeout(pair.timer);
    const { lifetimeMs, mute } = this.#faults;
    if (!lifetimeMs && !mute) return;
    const [shortest, longest] = lifetimeMs ?? [MUTE_MS, MUTE_MS];
    const ms = shortest + Math.random() * (longest - shortest);
    pair.timer = setTimeout(() => {
      this.cuts++;
      this.#cut(pair);
      for (const resolve of this.#wake.splice(0)) resolve();
    }, ms);
  }

  #stall(pair: Pair): void {
    clearTimeout(pair.timer);
    pair.isStalled = true;
    pair.client.pause();
    pair.upstream.pause();
  }

  #cut(pair: Pair): void {
    clearTimeout(pair.timer);
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.upstream.destroy();
  }
}
