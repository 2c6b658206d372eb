import { backoff } from "./backoff.ts";
import { RealtimeError } from "./errors.ts";
import type { ClientFrame, ControlFrame, MessageFrame } from "./frame.ts";
import { readFrame } from "./message.ts";
import type { Transport } from "./transport.ts";
import { openSse } from "./transport_sse.ts";
import { openWebSocket } from "./transport_websocket.ts";

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

/** How to reach the gateway. */
export type TransportChoice = "auto" | "websocket" | "sse";

/** One who uses a connection. */
export interface Member {
  /** Names it on the wire. */
  readonly ref: string;
  /** How many topics it subscribes to. */
  readonly size: number;
  /**
   * The connection is in another state. When it is open, the member may send its `sub`; when it is waiting, what the member asked for is
   * gone with the connection.
   *
   * @param error Why it is gone, where another attempt alone doesn't help.
   */
  change(state: ConnectionState, error?: RealtimeError): void;
  /** A frame came that is for it, or for all; `undefined` for what is no frame. */
  handle(frame: MessageFrame | ControlFrame | undefined, size: number): void;
}

/** One way to a gateway, for any number of members. It comes back when it is lost, until nobody needs it any more. */
export interface Connection {
  /** How many topics its members subscribe to. */
  size: number;
  /** Takes a member in. */
  add(member: Member): void;
  /** Sends a frame; `false` where that can't be done now. */
  send(frame: ClientFrame): boolean;
  /** Lets a member go; with the last one the connection ends. Resolves when it is gone. */
  remove(member: Member): Promise<void>;
}

/** What a browser has and others may not. */
interface Page {
  readonly addEventListener?: (
    type: string,
    listener: (event: { readonly type: string }) => void,
    options: { readonly signal: AbortSignal },
  ) => void;
  readonly document?: Page;
}

/** How long nothing may be heard, beyond the gateway's ping interval; also, how long connecting may take. */
const SILENCE_MS = 10_000;

/** How long a page keeps a connection that nobody needs (the next view may), and how long closing may take. */
const LEAVE_MS = 1_000;

/**
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
  /** When something was last heard: of the connection, or of each member where the transport keeps them apart. */
  const heard = new Map<string, number>();
  let state: ConnectionState = "idle";
  let transport: Transport | undefined;
  let isSse = choice === "sse" || !globalThis.WebSocket;
  /** Whether another transport may be tried: until a WebSocket opens, then the network lets them through. */
  let mayTurn = choice === "auto" && !isSse;
  let silenceMs = SILENCE_MS;
  /** The one timer: what ends the state, if nothing else does. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  let attempt = 0;
  let retryAfterMs: number | undefined;

  function enter(
    next: ConnectionState,
    ms: number,
    then: () => void,
    error?: RealtimeError,
  ): void {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
    if (state === next) return;
    state = next;
    for (const member of members.values()) member.change(next, error);
  }

  function connect(): void {
    silenceMs = SILENCE_MS;
    heard.clear();
    transport = (isSse ? openSse : openWebSocket)(url);
    transport.onopen = () => {
      if (isSse) heard.clear();
      else mayTurn = false;
      watch("open");
    };
    transport.onmessage = receive;
    transport.onclose = ({ code }) => lose(code);
    listen();
    watch("connecting");
  }

  function listen(ref = ""): void {
    heard.set(ref, performance.now());
  }

  /** Ends the connection if nothing was heard for too long, else looks again when that may be so. */
  function watch(next = state): void {
    const ms = Math.min(...heard.values()) + silenceMs - performance.now();
    if (ms > 0) enter(next, Math.min(ms, silenceMs), () => watch());
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
    if (code === 4429) attempt += 3;
    const ms = retryAfterMs ?? backoff(attempt++);
    retryAfterMs = undefined;
    const reason = code === 4401
      ? "unauthenticated"
      : code === 4403 && "forbidden";
    enter(
      "waiting",
      ms,
      connect,
      reason
        ? new RealtimeError(reason, "The gateway closed the connection")
        : undefined,
    );
    if (members.size === 0) void close();
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        resolve();
      };
      enter("closed", LEAVE_MS, resolve);
      ended();
      listening.abort();
      if (transport) drop(done);
      else done();
    });
  }

  function receive({ data, ref }: { data: string; ref?: string }): void {
    listen(ref);
    for (const line of String(data).split("\n")) {
      const frame = readFrame(line);
      const to = ref ?? (frame && "ref" in frame ? frame.ref : undefined);
      if (frame?.kind === "ping") send({ kind: "pong" });
      else if (frame?.kind === "closing") {
        retryAfterMs = frame.data.retry_after_ms;
      } else if (frame?.kind === "ready") {
        attempt = 0;
        silenceMs = frame.data.ping_interval_ms + SILENCE_MS;
      }
      for (const member of members.values()) {
        if (frame !== null && (!to || to === member.ref)) {
          member.handle(frame, line.length);
        }
      }
    }
  }

  function send(frame: ClientFrame): boolean {
    if (state !== "open") return false;
    if (isSse && frame.kind === "sub") listen(frame.ref);
    transport?.send(JSON.stringify(frame));
    return true;
  }

  /** The network came or went, or the page did. */
  function hurry({ type }: { readonly type: string }): void {
    if (state === "waiting") connect();
    else if (transport && state !== "idle") {
      if (type === "offline") lose(1006);
      else watch();
    }
  }

  page.addEventListener?.("online", hurry, listening);
  page.addEventListener?.("offline", hurry, listening);
  page.document?.addEventListener?.("visibilitychange", hurry, listening);

  return {
    size: 0,
    add(member) {
      this.size += member.size;
      members.set(member.ref, member);
      if (state !== "idle") member.change(state);
      else if (transport) watch("open");
      else connect();
    },
    send,
    async remove(member) {
      if (!members.delete(member.ref)) return;
      this.size -= member.size;
      heard.delete(member.ref);
      send({ kind: "unsub", ref: member.ref });
      if (members.size > 0) return;
      if (page.document && state === "open") enter("idle", LEAVE_MS, close);
      else await close();
    },
  };
}
