import { pause } from "../../core/time/backoff.ts";
import type { Packet, Socket, SocketHandler } from "../wire/socket.ts";
import { within } from "../../core/time/within.ts";
import { listenError, origin } from "./listen.ts";
import {
  type Fetcher,
  IDLE_SECONDS,
  INBOUND_BYTES,
  type ListenOptions,
  type RuntimeAdapter,
  type Server,
  type UpgradeContext,
} from "./runtime.ts";

/** What is used of Deno's API: its own types are known to Deno alone. */
interface DenoLike {
  readonly version: { readonly deno: string };
  upgradeWebSocket(
    request: Request,
    options: { protocol?: string; idleTimeout?: number },
  ): { socket: WebSocket; response: Response };
  serve(
    options: {
      port: number;
      hostname: string;
      signal: AbortSignal;
      onListen(): void;
    },
    handler: (
      request: Request,
      info: object,
    ) => Response | Promise<Response>,
  ): {
    readonly addr: { readonly port: number };
    readonly finished: Promise<void>;
  };
}

const { Deno }: { Deno: DenoLike } = Object(globalThis);

/** How many turns of the event loop a close waits at most for the peer to pause. */
const LINGER_TURNS = 50;

/** Milliseconds that a peer has to answer a close before the server goes without it. */
const CLOSE_MS = 1000;

/** Milliseconds that requests have to end before the server goes without them. */
const SHUTDOWN_MS = 5000;

/** Milliseconds in which the last answers leave. */
const FLUSH_MS = 50;

/** Closes that are under way: a server that shut down first would take the codes with it. */
const closing = new Set<Promise<void>>();

class DenoSocket implements Socket {
  readonly #socket: WebSocket;
  #received = 0;
  #linger: ReturnType<typeof setTimeout> | undefined;
  /** Whether `close` was called: what comes then is nobody's affair. */
  isClosing = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.addEventListener("message", () => {
      this.#received++;
    });
  }

  get buffered(): number {
    return this.#socket.bufferedAmount;
  }

  send({ texts }: Packet): void {
    // One that closes takes them and forgets them.
    for (const text of texts) this.#socket.send(text);
  }

  /**
   * A frame that Deno reads right after `close` makes it drop the connection before the code is sent, so the frames
   * that are there already are read first.
   */
  close(code: number, reason: string): void {
    if (this.isClosing || this.#socket.readyState > WebSocket.OPEN) return;
    this.isClosing = true;
    const closed = this.#closed();
    closing.add(closed);
    closed.then(() => closing.delete(closed));
    this.#closeWhenQuiet(code, reason, LINGER_TURNS);
  }

  /** Deno has no way to end a socket whose peer doesn't read: it is forgotten, and ends when the peer does. */
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
  // UTF-8 has at most 3 bytes for each unit of UTF-16: most frames need no count.
  return data.length * 3 > INBOUND_BYTES &&
    encoder.encode(data).length > INBOUND_BYTES;
}

function upgrade(
  context: UpgradeContext,
  handler: SocketHandler,
  protocol: string | undefined,
): Response {
  const { socket, response } = Deno.upgradeWebSocket(context.req.raw, {
    idleTimeout: IDLE_SECONDS,
    ...(protocol === undefined ? {} : { protocol }),
  });
  socket.binaryType = "arraybuffer";
  const adapted = new DenoSocket(socket);
  socket.addEventListener("open", () => handler.open(adapted));
  socket.addEventListener("message", ({ data }) => {
    if (adapted.isClosing) return;
    // Deno's own limit is 64 MiB, and fixed.
    if (isTooBig(data)) adapted.close(1009, "frame too big");
    else handler.message(typeof data === "string" ? data : undefined);
  });
  socket.addEventListener("close", () => handler.close());
  // An error is followed by close, which says all there is to know.
  socket.addEventListener("error", (event) => event.preventDefault());
  return response;
}

/** Serves on Deno, with `Deno.serve`. */
export const denoRuntime: RuntimeAdapter = {
  name: `Deno ${Deno?.version.deno}`,
  upgrade,
  keepOpen(): void {},
  serve(app: Fetcher, options: Required<ListenOptions>): Promise<Server> {
    const { hostname, port } = options;
    try {
      const stop = new AbortController();
      const { signal } = stop;
      let answering = 0;
      let idle = (): void => {};
      const server = Deno.serve(
        { hostname, port, signal, onListen: () => {} },
        async (request, info) => {
          answering++;
          try {
            return await app.fetch(request, info);
          } finally {
            if (--answering === 0) idle();
          }
        },
      );
      // Not with `shutdown()`, which sometimes waits without end for a connection that a browser left.
      const close = async () => {
        await Promise.all(closing);
        if (answering > 0) {
          await within(SHUTDOWN_MS, new Promise<void>((end) => idle = end));
        }
        await pause(FLUSH_MS);
        stop.abort();
        await within(SHUTDOWN_MS, server.finished);
      };
      return Promise.resolve({
        url: origin(hostname, server.addr.port),
        port: server.addr.port,
        close,
        [Symbol.asyncDispose]: close,
      });
    } catch (error) {
      return Promise.reject(listenError(error, hostname, port));
    }
  },
};
