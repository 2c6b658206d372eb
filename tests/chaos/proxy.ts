import { connect, createServer, type Server, type Socket } from "node:net";

/** What the network does. Everything is off unless it says otherwise. */
export interface NetworkFaults {
  /** The gateway's port, where it is another one now. */
  readonly upstream?: number;
  /** Each connection is cut after a time between these two, in milliseconds. */
  readonly lifetimeMs?: readonly [number, number];
  /** What is sent arrives later by so many milliseconds. */
  readonly delayMs?: number;
  /** New connections are refused. */
  readonly refuse?: boolean;
  /** Connections that are open now go half-open: nothing passes any more, in any direction, and nobody is told. */
  readonly stall?: boolean;
  /** Connections that are open now are cut. */
  readonly cut?: boolean;
  /** Answers are swallowed: what a client sends arrives, then its connection is cut. */
  readonly mute?: boolean;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  timer: ReturnType<typeof setTimeout> | undefined;
  isStalled: boolean;
}

/** How long a muted connection lasts: the gateway must have answered. */
const MUTE_MS = 100;

/** A TCP proxy in front of a gateway, whose network can be made as bad as wanted. */
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

  /** Starts one in front of a port. */
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

  /** Where clients connect to. */
  get url(): string {
    const address = this.#server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    return `http://127.0.0.1:${port}`;
  }

  /** How many connections pass through it. */
  get size(): number {
    return this.#pairs.size;
  }

  /** Changes what the network does. */
  set(faults: NetworkFaults): void {
    this.#faults = faults;
    this.#upstream = faults.upstream ?? this.#upstream;
    for (const pair of this.#pairs) {
      if (faults.cut) this.#cut(pair);
      else if (faults.stall) this.#stall(pair);
      else this.#arm(pair);
    }
  }

  /** Resolves when another connection was cut because its time was over. */
  cut(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve));
  }

  /** Cuts everything and stops. */
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

  /** Passes on what one side sends, no faster than the other takes it, and its end. */
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
    // A reset is an end like any other.
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
