import { connect, type Socket } from "node:net";
import process from "node:process";

/** How sockets of a horde are opened. */
export interface HordeOptions {
  readonly port: number;
  /** What each of them sends first. */
  readonly request: string;
  /** Whether each waits for the first bytes of an answer before it counts as open. */
  readonly isAnswered: boolean;
}

/** How many are opened at the same time. */
const OPENING = 128;

/** How many addresses of the loopback network they come from: each has ports of its own. */
const ADDRESSES = 8;

/** Many raw sockets that send what they are told, and read nothing beyond the first answer. */
export class Horde {
  readonly #options: HordeOptions;
  readonly #sockets = new Set<Socket>();
  #opened = 0;
  #connected = 0;

  constructor(options: HordeOptions) {
    this.#options = options;
  }

  /** How many are open. */
  get size(): number {
    return this.#sockets.size;
  }

  /** How many were open, if only for a moment. */
  get connected(): number {
    return this.#connected;
  }

  /** Opens some more; those that can't be opened are not counted. */
  async open(count: number): Promise<void> {
    let left = count;
    const lane = async (): Promise<void> => {
      while (left-- > 0) await this.#open();
    };
    await Promise.all(Array.from({ length: OPENING }, lane));
  }

  /** Sends from all of them. */
  write(bytes: string): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  /** Hangs up. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  #open(): Promise<void> {
    const { port, request, isAnswered } = this.#options;
    // Other systems have only one address there.
    const host = process.platform === "linux"
      ? 2 + this.#opened++ % ADDRESSES
      : 1;
    return new Promise((resolve) => {
      const socket = connect({
        host: "127.0.0.1",
        port,
        localAddress: `127.0.0.${host}`,
      });
      // A refusal or a reset ends it: what that means is for the fault to say.
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
        // Nothing is read: only the end of it is of interest, and that is not seen by who doesn't read.
        socket.on("data", () => {});
      }
    });
  }
}

/** The request for a WebSocket with a token, as a client of `tidings.v1` sends it. */
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

/** The request for Server-Sent Events with a token, as a client of `tidings.v1` sends it. */
export function sseRequest(token: string): string {
  return [
    `GET /v1/realtime/sse?protocol=tidings.v1&token=${token} HTTP/1.1`,
    "host: 127.0.0.1",
    "\r\n",
  ].join("\r\n");
}
