import type { Packet, Socket, SocketHandler } from "../wire/socket.ts";
import { IDLE_SECONDS, INBOUND_BYTES } from "./adapter.ts";

/** The part of Bun's `ServerWebSocket` that the gateway uses: Bun's own types exist on Bun only. */
export interface BunSocketLike {
  /** The handler that the request's upgrade attached. */
  readonly data: SocketHandler;
  /** Sends a text frame; 0 says that it was dropped. */
  send(text: string): number;
  /** Sends everything that the function sends with as few system calls as possible. */
  cork(send: () => void): void;
  /** Returns the number of bytes that the kernel has not taken. */
  getBufferedAmount(): number;
  /** Closes at once. */
  close(code: number, reason: string): void;
}

class BunSocket implements Socket {
  readonly #socket: BunSocketLike;

  constructor(socket: BunSocketLike) {
    this.#socket = socket;
  }

  get buffered(): number {
    return this.#socket.getBufferedAmount();
  }

  send({ texts }: Packet): void {
    const socket = this.#socket;
    if (texts.length === 1) this.#send(texts[0] ?? "");
    // All that fits into Bun's buffer leaves in one system call, instead of one for each frame.
    else socket.cork(() => texts.forEach((text) => this.#send(text)));
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }

  #send(text: string): void {
    // Bun drops a frame silently. The close makes the client come back and resume.
    if (this.#socket.send(text) === 0) {
      const reason = "the client reads too slowly";
      // Bun would report the code as the client's.
      this.#socket.data.close(4408, reason);
      this.#socket.close(4408, reason);
    }
  }

  /** Closes: Bun does so at once, whether the peer reads or not. */
  terminate(code: number, reason: string): void {
    this.#socket.close(code, reason);
  }
}

/** The handlers that `Bun.serve` takes as `websocket`. */
export interface BunWebSocketHandler {
  /** Bytes of the largest frame that a client may send. */
  readonly maxPayloadLength: number;
  /** Seconds after which a peer that answers no ping is disconnected. */
  readonly idleTimeout: number;
  /** Whether Bun pings. */
  readonly sendPings: boolean;
  /** Whether frames are compressed. */
  readonly perMessageDeflate: boolean;
  /** Called when a connection is open. */
  open(socket: BunSocketLike): void;
  /** Called with each frame. */
  message(socket: BunSocketLike, data: unknown): void;
  /** Called with each ping of the client. */
  ping(socket: BunSocketLike): void;
  /** Called with each pong of the client. */
  pong(socket: BunSocketLike): void;
  /** Called when the send buffer has room again. */
  drain(socket: BunSocketLike): void;
  /** Called when a connection is closed. */
  close(socket: BunSocketLike, code: number): void;
}

/**
 * The handlers that `Bun.serve` needs beside `fetch`, for an app that calls `Bun.serve` itself instead of
 * {@linkcode serve}.
 */
export const bunWebSocket: BunWebSocketHandler = {
  maxPayloadLength: INBOUND_BYTES,
  idleTimeout: IDLE_SECONDS,
  sendPings: true,
  perMessageDeflate: false,
  open(socket) {
    socket.data.open(new BunSocket(socket));
  },
  message(socket, data) {
    socket.data.message(typeof data === "string" ? data : undefined);
  },
  ping(socket) {
    socket.data.control();
  },
  pong(socket) {
    socket.data.control();
  },
  drain(socket) {
    socket.data.drain();
  },
  close(socket, code) {
    socket.data.close(code);
  },
};
