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
  size(): number;
  /** Takes a member in. */
  add(member: Member): void;
  /** Sends a frame; `false` where that can't be done now. */
  send(frame: ClientFrame): boolean;
  /** Lets a member go; with the last one the connection ends. Resolves when it is gone. */
  remove(member: Member): Promise<void>;
}

/** What a browser has and others may not. */
interface Page {
  readonly addEventListener?: EventTarget["addEventListener"];
  readonly document?: Page & { readonly visibilityState: string };
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
  let gone = (): void => {};

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
    heard.set("", performance.now());
    const mine = (isSse ? openSse : openWebSocket)(url, {
      open() {
        if (transport !== mine) return;
        if (isSse) heard.clear();
        else mayTurn = false;
        watch("open");
      },
      message(text, of) {
        if (transport === mine) receive(text, of);
      },
      close(code) {
        if (transport === mine) lose(code);
        else gone();
      },
    });
    transport = mine;
    watch("connecting");
  }

  /** Ends the connection if nothing was heard for too long, else looks again when that may be so. */
  function watch(next = state): void {
    const ms = Math.min(...heard.values()) + silenceMs - performance.now();
    if (ms > 0) enter(next, Math.min(ms, silenceMs), () => watch());
    else lose(1006);
  }

  function lose(code: number): void {
    const lost = transport;
    transport = undefined;
    lost?.close();
    // A network that lets no WebSocket through is tried with plain HTTP next.
    if (mayTurn) isSse = !isSse && state === "connecting";
    if (code === 4429) attempt += 3;
    const ms = retryAfterMs ?? backoff(attempt++);
    retryAfterMs = undefined;
    enter(
      "waiting",
      ms,
      connect,
      code === 4401 || code === 4403
        ? new RealtimeError(
          code === 4401 ? "unauthenticated" : "forbidden",
          "The gateway closed the connection",
        )
        : undefined,
    );
    if (members.size === 0) void close();
  }

  function close(): Promise<void> {
    return new Promise((resolve) => {
      gone = () => {
        clearTimeout(timer);
        resolve();
      };
      enter("closed", LEAVE_MS, resolve);
      listening.abort();
      ended();
      const last = transport;
      transport = undefined;
      if (last) last.close();
      else gone();
    });
  }

  function receive(text: string, of: string | undefined): void {
    heard.set(of ?? "", performance.now());
    for (const line of text.split("\n")) {
      const frame = readFrame(line);
      const to = of ?? (frame && "ref" in frame ? frame.ref : undefined);
      if (frame?.kind === "ping") transport?.send({ kind: "pong" });
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

  /** The network came or went, or the page did. */
  function hurry({ type }: Event): void {
    if (state === "waiting") connect();
    else if (type === "offline") { if (transport) lose(1006); }
    else if (state === "open") watch();
  }

  for (const type of ["online", "offline"]) {
    page.addEventListener?.(type, hurry, listening);
  }
  page.document?.addEventListener?.("visibilitychange", hurry, listening);

  return {
    size() {
      let sum = 0;
      for (const { size } of members.values()) sum += size;
      return sum;
    },
    add(member) {
      members.set(member.ref, member);
      if (state !== "idle") member.change(state);
      else if (transport) watch("open");
      else connect();
    },
    send(frame) {
      if (state !== "open") return false;
      transport?.send(frame);
      if (isSse && frame.kind === "sub") {
        heard.set(frame.ref ?? "", performance.now());
      }
      return true;
    },
    async remove(member) {
      if (!members.delete(member.ref)) return;
      this.send({ kind: "unsub", ref: member.ref });
      heard.delete(member.ref);
      if (members.size > 0) return;
      if (page.document && state === "open") {
        enter("idle", LEAVE_MS, close);
      } else await close();
    },
  };
}
