import { connect, type Socket } from "node:net";
import process from "node:process";

/** How the sockets of a horde are opened. */
export interface HordeOptions {
  readonly port: number;
  /** The request that each of them sends. */
  readonly request: string;
  /** Whether a socket counts as open only after the first bytes of an answer. */
  readonly isAnswered: boolean;
}

/** How many sockets open at the same time. */
const OPENING = 128;

/** How many loopback addresses they connect from. Each address has its own ports. */
const ADDRESSES = 8;

/** Many raw sockets that send the same request and read nothing beyond the first answer. */
export class Horde {
  readonly #options: HordeOptions;
  readonly #sockets = new Set<Socket>();
  #opened = 0;
  #connected = 0;

  constructor(options: HordeOptions) {
    this.#options = options;
  }

  /** How many sockets are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** How many sockets have connected so far. */
  get connected(): number {
    return this.#connected;
  }

  /** Opens more sockets; those that fail are not counted. */
  async open(count: number): Promise<void> {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#open();
    };
    await Promise.all(Array.from({ length: OPENING }, lane));
  }

  /** Sends bytes on every open socket. */
  write(bytes: string): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Closes all sockets. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #open(): Promise<void> {
    const { port, request, isAnswered } = this.#options;
    // Other systems have only one loopback address.
    const host = process.platform === "linux"
      ? 2 + this.#opened++ % ADDRESSES
      : 1;
    return new Promise((resolve) => {
      const socket = connect({
        host: "127.0.0.1",
        port,
        localAddress: `127.0.0.${host}`,
      });
      // A refused or reset connection is closed; the fault decides what that means.
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        resolve();
      });
      socket.once("connect", () => {
        this.#sockets.add(socket);
        this.#connected++;
        socket.write(request);
        if (!isAnswered) return resolve();
        socket.once("data", () => {
          socket.pause();
          resolve();
        });
      });
      if (!isAnswered) {
        // A socket that doesn't read doesn't notice its end either.
        socket.on("data", () => {});
      }
    });
  }
}

/** Returns the handshake request of a WebSocket client of `tidings.v1`. */
export function webSocketRequest(token: string): string {
  return [
    `GET /v1/realtime/connect?token=${token} HTTP/1.1`,
    "host: 127.0.0.1",
    "connection: Upgrade",
    "upgrade: websocket",
    "sec-websocket-version: 13",
    "sec-websocket-key: MDEyMzQ1Njc4OWFiY2RlZg==",
    "sec-websocket-protocol: tidings.v1",
    "\r\n",
  ].join("\r\n");
}

/** Returns the request of a Server-Sent Events client of `tidings.v1`. */
export function sseRequest(token: string): string {
  return [
    `GET /v1/realtime/sse?protocol=tidings.v1&token=${token} HTTP/1.1`,
    "host: 127.0.0.1",
    "\r\n",
  ].join("\r\n");
}
