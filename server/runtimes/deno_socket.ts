import type { Packet, Socket, SocketHandler } from "../wire/socket.ts";
import { INBOUND_BYTES } from "./adapter.ts";

/** How many turns of the event loop a close waits at most for the peer to pause. */
const LINGER_TURNS = 50;

/** Milliseconds that a peer has to answer a close before the server stops waiting for the answer. */
const CLOSE_MS = 1000;

/** The closes that are under way: a server that stopped before them would lose their codes. */
const closing = new Set<Promise<void>>();

/** Waits for the closes that are under way. */
export async function allClosed(): Promise<void> {
  await Promise.all(closing);
}

class DenoSocket implements Socket {
  readonly #socket: WebSocket;
  #received = 0;
  #linger: ReturnType<typeof setTimeout> | undefined;
  /** Whether `close` was called: later frames are ignored. */
  #isClosing = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** Counts a frame that arrived; returns whether it is to be handled. */
  receive(): boolean {
    this.#received++;
    return !this.#isClosing;
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send({ texts }: Packet): void {
    // A socket that is closing drops them silently.
    for (const text of texts) this.#socket.send(text);
  }

  /**
   * Closes after the frames that have already arrived are read: a frame that Deno reads right after `close` makes it drop the
   * connection before the code is sent.
   */
  close(code: number, reason: string): void {
    if (this.#isClosing || this.#socket.readyState > WebSocket.OPEN) return;
    this.#isClosing = true;
    const closed = this.#closed();
    closing.add(closed);
    closed.then(() => closing.delete(closed));
    this.#closeWhenQuiet(code, reason, LINGER_TURNS);
  }

  /** Closes: Deno can't end a socket whose peer doesn't read, which then lives until the peer ends it. */
  terminate(code: number, reason: string): void {
    this.close(code, reason);
  }

  #closed(): Promise<void> {
    return new Promise((resolve) => {
      const deadline = setTimeout(resolve, CLOSE_MS);
      this.#socket.addEventListener("close", () => {
        clearTimeout(deadline);
        clearTimeout(this.#linger);
        resolve();
      });
    });
  }

  #closeWhenQuiet(code: number, reason: string, turns: number): void {
    const before = this.#received;
    this.#linger = setTimeout(() => {
      if (this.#received !== before && turns > 0) {
        this.#closeWhenQuiet(code, reason, turns - 1);
      } else if (this.#socket.readyState <= WebSocket.OPEN) {
        this.#socket.close(code, reason);
      }
    }, 0);
  }
}

const encoder = new TextEncoder();

function isTooBig(data: string | ArrayBuffer): boolean {
  if (typeof data !== "string") return data.byteLength > INBOUND_BYTES;
  // A UTF-16 unit has at most 3 bytes in UTF-8, so most frames need no count.
  return data.length * 3 > INBOUND_BYTES &&
    encoder.encode(data).length > INBOUND_BYTES;
}

/** Connects a WebSocket of Deno with its handler. */
export function attach(socket: WebSocket, handler: SocketHandler): void {
  socket.binaryType = "arraybuffer";
  const adapted = new DenoSocket(socket);
  socket.addEventListener("open", () => handler.open(adapted));
  socket.addEventListener("message", ({ data }) => {
    if (!adapted.receive()) return;
    // Deno has a fixed limit of its own, 64 MiB.
    if (isTooBig(data)) adapted.close(1009, "frame too big");
    else handler.message(typeof data === "string" ? data : undefined);
  });
  // Deno has no code for a connection that is gone; RFC 6455 §7.1.5 has one.
  socket.addEventListener("close", ({ code }) => handler.close(code || 1006));
  // A close event follows every error.
  socket.addEventListener("error", (event) => event.preventDefault());
}
