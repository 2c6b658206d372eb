import { pause } from "../../core/time/backoff.ts";
import { within } from "../../core/time/within.ts";
import type { SocketHandler } from "../wire/socket.ts";
import {
  type Fetcher,
  IDLE_SECONDS,
  type Incoming,
  type Listener,
  type ListenOptions,
  type RuntimeAdapter,
} from "./adapter.ts";
import { allClosed, attach } from "./deno_socket.ts";
import { failed } from "./failed.ts";

/** The part of Deno's API that the gateway uses: Deno's own types exist on Deno only. */
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
      onError(error: unknown): Response;
    },
    handler: (request: Request, info: object) => Promise<Response>,
  ): {
    readonly addr: { readonly port: number };
    readonly finished: Promise<void>;
  };
}

const { Deno }: { Deno: DenoLike } = Object(globalThis);

/** Milliseconds that requests have to end before the server stops without them. */
const SHUTDOWN_MS = 5000;

/** Milliseconds that the last answers have to leave. */
const FLUSH_MS = 50;

function upgrade(
  { request }: Incoming,
  handler: SocketHandler,
  protocol: string | undefined,
): Response {
  const options = { protocol, idleTimeout: IDLE_SECONDS };
  const { socket, response } = Deno.upgradeWebSocket(request, options);
  attach(socket, handler);
  return response;
}

/** Answers for an app that threw. A body that ended with `undefined` is one that its client didn't read. */
function onError(error: unknown): Response {
  return error === undefined ? new Response() : failed(error);
}

/** Serves on Deno, with `Deno.serve`. */
export const denoRuntime: RuntimeAdapter = {
  name: `Deno ${Deno?.version.deno}`,
  // Deno has a fixed limit of its own, 64 MiB, and can't end a connection.
  capsFrames: false,
  upgrade,
  keepOpen(): void {},
  serve(app: Fetcher, options: Required<ListenOptions>): Listener {
    const { hostname, port } = options;
    const stop = new AbortController();
    const { signal } = stop;
    let answering = 0;
    let idle = (): void => {};
    const server = Deno.serve(
      { hostname, port, signal, onListen: () => {}, onError },
      async (request, info) => {
        answering++;
        try {
          return await app.fetch(request, info);
        } finally {
          if (--answering === 0) idle();
        }
      },
    );
    // Deno's `shutdown()` sometimes waits forever for a connection that a browser left.
    const close = async () => {
      await allClosed();
      if (answering > 0) {
        await within(SHUTDOWN_MS, new Promise<void>((end) => idle = end));
      }
      await pause(FLUSH_MS);
      stop.abort();
      await within(SHUTDOWN_MS, server.finished);
    };
    return { port: server.addr.port, close };
  },
};
