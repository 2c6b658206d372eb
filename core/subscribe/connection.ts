import { backoff } from "../time/backoff.ts";
import { RealtimeError, type RealtimeErrorCode } from "../protocol/errors.ts";
import type { ClientFrame } from "../protocol/frames.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { iterate } from "./iterate.ts";
import { LEAVE_MS, SILENCE_MS } from "../protocol/limits.ts";
import { type IncomingFrame, readFrame } from "./decode_frame.ts";
import type { Transport } from "./transport.ts";
import type { TransportChoice } from "../types/subscribe.ts";
import { openWebSocket } from "./websocket_transport.ts";

/**
 * How a connection stands: nobody needs it, though it may stay open for a moment (`idle`); an attempt is under way (`connecting`); it is
 * `open`; it will try again (`waiting`); it is over (`closed`).
 */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed";

/** Tells members of the connection's state, among the frames that come on it. */
export interface StateFrame {
  /** When it is `open`, members may send their `sub`; when it is `waiting`, what they asked for is gone with it. */
  readonly kind: ConnectionState;
  /** Why it is gone, where another attempt alone doesn't help. */
  readonly data?: RealtimeError | undefined;
  readonly ref?: undefined;
  readonly channel?: undefined;
}

/** Who uses a connection gets every frame that is for it or for all, with its size; `false` for what is no frame. */
export type Member = (
  frame: IncomingFrame | StateFrame | false,
  size: number,
) => void;

/** One way to a gateway, for any number of members. It comes back when it is lost, until nobody needs it any more. */
export interface Connection {
  /** The gateway's base URL. */
  readonly url: string;
  /**
   * Takes a member in.
   *
   * @param ref Names it on the wire.
   */
  add(ref: string, member: Member): void;
  /** Sends a frame; `false` where that can't be done now. */
  send(frame: ClientFrame): boolean;
  /** Lets a member go; with the last one the connection ends. Resolves when it is gone. */
  remove(ref: string): Promise<void>;
}

/** What a browser has and others may not. */
interface Page {
  readonly addEventListener?: (
    type: string,
    listener: (event: { readonly type: string }) => void,
    options: { readonly signal: AbortSignal },
  ) => void;
  readonly document?: object;
}

/** What the gateway's close codes say, where another attempt alone doesn't help. */
const CODES: Readonly<Record<number, RealtimeErrorCode>> = {
  4401: "unauthenticated",
  4403: "forbidden",
};

/**
 * Makes a connection, which connects with its first member.
 *
 * @param url The gateway's base URL.
 * @param ended Called when it is over.
 */
export function createConnection(
  url: string,
  choice: TransportChoice,
  ended: () => void,
): Connection {
  const members = new Map<string, Member>();
  const page = globalThis as unknown as Page;
  const listening = new AbortController();
  let state: ConnectionState = "idle";
  let transport: Transport | undefined;
  let isSse = choice === "sse" || !globalThis.WebSocket;
  /** Whether another transport may be tried: until a WebSocket opens, then the network lets them through. */
  let mayTurn = choice === "auto" && !isSse;
  /** When something was heard last. */
  let heard: number;
  let silenceMs: number;
  /** The one timer: what ends the state, if nothing else does. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let retryAfterMs: number | undefined;

  function enter(
    next: ConnectionState,
    ms: number,
    then: () => void,
    data?: RealtimeError,
  ): void {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
    if (state !== next) tell({ kind: state = next, data });
  }

  function tell(
    frame: Parameters<Member>[0],
    size = 0,
    to?: string | false,
  ): void {
    for (const [ref, member] of members) {
      if (!to || to === ref) member(frame, size);
    }
  }

  async function connect(): Promise<void> {
    heard = performance.now();
    silenceMs = SILENCE_MS;
    watch("connecting");
    try {
      // Fetched where it is needed only: most networks let WebSockets through.
      const open = isSse
        ? (await import("./sse_transport.ts")).openSse
        : openWebSocket;
      // It was closed in the meantime, or another attempt was faster.
      if (state !== "connecting" || transport) return;
      transport = open(url, gatewayFetch(url), iterate);
    } catch {
      // Without the network, or not allowed to: as any other failure.
      return lose(1006);
    }
    transport.onopen = () => {
      mayTurn &&= isSse;
      watch("open");
    };
    transport.onmessage = receive;
    transport.onclose = ({ code }) => lose(code);
  }

  /** Ends the connection if nothing was heard for too long, else looks again when that may be so. */
  function watch(next = state): void {
    const ms = heard + silenceMs - performance.now();
    if (ms > 0) enter(next, ms, () => watch());
    else lose(1006);
  }

  /** Lets go of the transport: what it still says is not heard. */
  function drop(onclose: Transport["onclose"]): void {
    if (!transport) return;
    transport.onopen = transport.onmessage = null;
    transport.onclose = onclose;
    transport.close();
    transport = undefined;
  }

  function lose(code: number): void {
    drop(null);
    // A network that lets no WebSocket through is tried with plain HTTP next.
    if (mayTurn) isSse = !isSse && state === "connecting";
    const reason = CODES[code];
    enter(
      "waiting",
      retryAfterMs ?? backoff(attempt++),
      connect,
      reason && new RealtimeError(reason, "The session is closed"),
    );
    retryAfterMs = undefined;
    if (members.size === 0) void close();
  }

  async function close(): Promise<void> {
    ended();
    listening.abort();
    await new Promise<void>((resolve) => {
      enter("closed", LEAVE_MS, resolve);
      if (transport) drop(resolve as () => void);
      else resolve();
    });
    clearTimeout(timer);
  }

  function receive({ data, ref }: { data: string; ref?: string }): void {
    heard = performance.now();
    for (const line of `${data}`.split("\n")) {
      const frame = readFrame(line);
      if (frame) {
        if (frame.kind === "ping") send({ kind: "pong" });
        if (frame.kind === "closing") retryAfterMs = frame.data.retry_after_ms;
        if (frame.kind === "ready") {
          attempt = 0;
          silenceMs = frame.data.ping_interval_ms + SILENCE_MS;
        }
      }
      if (frame !== null) tell(frame, line.length, ref || frame && frame.ref);
    }
  }

  function send(frame: ClientFrame): boolean {
    if (state === "open") transport?.send(JSON.stringify(frame));
    return state === "open";
  }

  /** The network came or went, or the page did. */
  function hurry({ type }: { readonly type: string }): void {
    if (state === "waiting") void connect();
    else if (state === "open") {
      if (type === "offline") lose(1006);
      else watch();
    }
  }

  page.addEventListener?.("online", hurry, listening);
  page.addEventListener?.("offline", hurry, listening);
  page.addEventListener?.("visibilitychange", hurry, listening);

  return {
    url,
    add(ref, member) {
      members.set(ref, member);
      if (state !== "idle") queueMicrotask(() => tell({ kind: state }, 0, ref));
      else if (transport) watch("open");
      else void connect();
    },
    send,
    async remove(ref) {
      members.delete(ref);
      send({ kind: "unsub", ref });
      if (members.size > 0 || state === "closed") return;
      if (page.document && state === "open") enter("idle", LEAVE_MS, close);
      else await close();
    },
  };
}
