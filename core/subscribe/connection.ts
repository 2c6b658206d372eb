import { gatewayFetch } from "../http/gateway_fetch.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { type ClientFrame, PROTOCOL } from "../protocol/frames.ts";
import { FRAME_CHARACTERS, LEAVE_MS, SILENCE_MS } from "../protocol/limits.ts";
import { backoff, type BackoffBounds, bounded } from "../time/backoff.ts";
import type { TransportChoice } from "../types/subscribe.ts";
import type { StateDetails } from "../types/subscription.ts";
import { askGateway } from "./ask_gateway.ts";
import { type DecodedFrame, decodeFrame } from "./decode_frame.ts";
import type { Transport } from "./transport.ts";
import { isTokenRefusal } from "./token_source.ts";
import { openSse } from "./sse_transport.ts";
import { openWebSocket } from "./websocket_transport.ts";

/** The state of a connection. It is `idle` while a page keeps it open without members, and `waiting` before its next attempt. */
export type ConnectionState =
  | "idle"
  | "connecting"
  | "open"
  | "waiting"
  | "closed";

type MemberFrame = Exclude<
  DecodedFrame,
  { readonly kind: "closing" | "unknown" }
>;

/** The parts of a browser's global object that other runtimes may lack. */
interface Page {
  readonly addEventListener?: (
    type: string,
    listener: (event: { readonly type: string }) => void,
    options: { readonly signal: AbortSignal },
  ) => void;
  readonly document?: object;
}

const page: Page = globalThis;

/** A user of a connection. It receives the frames for itself and those for all members. */
export interface ConnectionMember {
  /** Returns the token or ticket that it would present now. If there is none, the member asks the app for one. */
  present(): string | undefined;
  /** Handles a frame. Its size is its length in characters. */
  receive(frame: MemberFrame, size: number): void;
  /**
   * Handles a change of the connection's state. When it is `open` the member can send its `sub`; when it is `waiting` the gateway has
   * dropped the subscriptions.
   *
   * @param details Why it is lost, and when it is tried again.
   * @param refusal The gateway's reason for closing, if another attempt alone does not help.
   */
  connectionChanged(
    state: ConnectionState,
    details: StateDetails,
    refusal?: RealtimeError,
  ): void;
}

/** Returns the error for a close code for which another attempt alone does not help. */
function refusalOf(closeCode?: number): RealtimeError | undefined {
  if (closeCode !== 4401 && closeCode !== 4403) return undefined;
  return new RealtimeError(
    closeCode === 4401 ? "unauthenticated" : "forbidden",
    "Cannot go on: the session is closed",
  );
}

/**
 * Finds out why an attempt to connect failed.
 *
 * @param isSse Whether it was an attempt by Server-Sent Events, and `isFixed` whether the next one is by the same transport.
 * @param answer The gateway's answer to the same request without a WebSocket.
 */
function diagnose(
  url: string,
  isSse: boolean,
  isFixed: boolean,
  answer: RealtimeError,
): Promise<string> {
  // Most pages never need this module, so bundlers put it into a file of its own.
  return import("./diagnosis.ts").then(
    ({ findReason }) =>
      findReason(url, gatewayFetch(url), { isSse, isFixed, answer }),
    // Without a network a page can't load the module.
    () => "nothing answers",
  );
}

/** The code of a handshake that the gateway refused, with a reason. */
const REFUSED = 4000;

/** A connection to a gateway that any number of members share. It reconnects when it is lost, and closes when its last member leaves. */
export interface Connection {
  /** The gateway's base URL. */
  readonly url: string;
  /** Adds a member. On the wire its subscription has the name `ref`. */
  add(ref: string, member: ConnectionMember): void;
  /** Sends a frame. Returns `false` if the connection is not open. */
  send(frame: ClientFrame): boolean;
  /** Removes a member. If it was the last one, resolves when the connection is closed. */
  remove(ref: string): Promise<void>;
}

/** Makes a connection, which connects when its first member is added, and calls `onClosed` when it closes for good. */
export function createConnection(
  url: string,
  choice: TransportChoice,
  bounds: BackoffBounds,
  onClosed?: () => void,
): Connection {
  const members = new Map<string, ConnectionMember>();
  /** The transport of the next attempt. WebSocket and Server-Sent Events take turns until one is known to work, or the app chose it. */
  let isSse = choice === "sse" || !globalThis.WebSocket;
  let isFixed = choice !== "auto" || isSse;
  const listening = new AbortController();
  let state: ConnectionState = "idle";
  let transport: Transport | undefined;
  /** The time at which the gateway was heard last, and how long it may be silent. */
  let heardAt = 0;
  let silenceMs = SILENCE_MS;
  /** The only timer: it ends the current state if nothing else does. */
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** How many attempts were made since the gateway last accepted a subscription. */
  let attempt = 0;
  let details: StateDetails = {};
  let retryAfterMs: number | undefined;

  /** Enters a state, which ends by `onTimeout` if nothing ends it before. */
  function enter(
    next: ConnectionState,
    ms: number,
    onTimeout: () => void,
    refusal?: RealtimeError,
  ): void {
    clearTimeout(timer);
    timer = setTimeout(onTimeout, ms);
    if (state === next) return;
    state = next;
    for (const member of members.values()) {
      member.connectionChanged(state, details, refusal);
    }
  }

  /** Enters or keeps a state in which the connection counts as lost when the gateway is silent for too long. */
  function watch(next: "connecting" | "open"): void {
    const ms = heardAt + silenceMs - performance.now();
    if (ms > 0) enter(next, ms, () => watch(next));
    else lost(undefined, "it does not answer");
  }

  function connect(): void {
    heardAt = performance.now();
    silenceMs = SILENCE_MS;
    let presenter: ConnectionMember | undefined;
    let token: string | undefined;
    for (presenter of members.values()) {
      token = presenter.present();
      if (token) break;
    }
    if (!token) return enter("waiting", backoff(0, bounds), connect);
    const error = attempt > 0 ? details.error : undefined;
    attempt++;
    details = { error, attempt };
    watch("connecting");
    try {
      transport = isSse ? openSse(url) : openWebSocket(url, token);
    } catch {
      // The runtime allows no such connection, or has no network.
      return void failed(token, presenter);
    }
    const opened = transport;
    opened.onopen = () => {
      const { protocol = PROTOCOL } = opened;
      if (protocol !== PROTOCOL) return void failed(token, presenter);
      if (!isSse) isFixed = true;
      watch("open");
    };
    opened.onmessage = receive;
    opened.onclose = ({ code, reason }) => {
      // Server-Sent Events are open before the gateway has answered.
      const isOpen = isSse ? attempt === 0 : state === "open";
      if (isOpen) lost(code, reason || undefined);
      else void failed(token, presenter);
    };
  }

  /** Finds out why an attempt to connect failed, because browsers don't tell. If the token was refused, its member has to know. */
  async function failed(
    token: string,
    presenter: ConnectionMember | undefined,
  ): Promise<void> {
    release(null);
    const before = state;
    const answer = await askGateway(url, "connect", token);
    const error = errorOf(answer?.error);
    const isRefused = isTokenRefusal(error) || error.code === "forbidden";
    const reason = isRefused
      ? undefined
      : await diagnose(url, isSse, isFixed, error);
    // The time for connecting may be over, and another attempt may have begun.
    if (state !== before || transport) return;
    if (!isRefused) return lost(undefined, reason);
    lost(REFUSED);
    presenter?.receive({ kind: "error", data: error }, 0);
  }

  /** Closes the transport, and ignores what it may still receive. */
  function release(onclose: Transport["onclose"]): void {
    if (!transport) return;
    transport.onopen = transport.onmessage = null;
    transport.onclose = onclose;
    transport.close();
    transport = undefined;
  }

  function lost(
    code?: number,
    reason: string = code
      ? `the connection was closed with ${code}`
      : "the connection was lost",
  ): void {
    release(null);
    const refusal = refusalOf(code);
    let error: RealtimeError | undefined;
    if (refusal || code === REFUSED) {
      // The gateway answered. Another transport would not help.
      attempt = 0;
    } else {
      if (!isFixed) isSse = !isSse;
      error = new RealtimeError(
        "unreachable",
        `Cannot reach the gateway at ${url}: ${reason}; trying again`,
      );
    }
    const pauses = Math.max(attempt - 1, 0);
    const retryInMs = retryAfterMs ?? backoff(pauses, bounds);
    retryAfterMs = undefined;
    details = { error, attempt, retryInMs };
    enter("waiting", retryInMs, connect, refusal);
    if (members.size === 0) void close();
  }

  async function close(): Promise<void> {
    onClosed?.();
    listening.abort();
    await new Promise<void>((resolve) => {
      enter("closed", LEAVE_MS, resolve);
      if (transport) release(() => resolve());
      else resolve();
    });
    clearTimeout(timer);
  }

  function receive({ data, ref }: { data: string; ref?: string }): void {
    heardAt = performance.now();
    // A hostile gateway may send binary frames, which are not strings.
    const text = String(data);
    if (text.length > FRAME_CHARACTERS) {
      dispatch({ kind: "invalid" }, text.length, ref);
      return lost();
    }
    for (const line of text.split("\n")) {
      dispatch(decodeFrame(line), line.length, ref);
    }
  }

  /** Handles what concerns the connection itself, and passes a frame to the members that it is for. */
  function dispatch(
    frame: DecodedFrame,
    size: number,
    ref: string | undefined,
  ): void {
    if (frame.kind === "unknown") return;
    if (frame.kind === "closing") {
      retryAfterMs = bounded(frame.data.retry_after_ms);
      return;
    }
    if (frame.kind === "ping") send({ kind: "pong" });
    if (frame.kind === "ready") {
      attempt = 0;
      details = {};
      silenceMs = bounded(frame.data.ping_interval_ms) + SILENCE_MS;
    }
    const target = ref ?? frame.ref;
    if (target !== undefined) {
      members.get(target)?.receive(frame, size);
      return;
    }
    for (const member of members.values()) member.receive(frame, size);
  }

  function send(frame: ClientFrame): boolean {
    if (state !== "open") return false;
    transport?.send(JSON.stringify(frame));
    return true;
  }

  /** Handles an event of the page: the network came or went, or the page was shown or hidden. */
  function pageChanged({ type }: { readonly type: string }): void {
    if (state === "waiting") return connect();
    if (state !== "open") return;
    if (type === "offline") lost();
    else watch("open");
  }

  for (const type of ["online", "offline", "visibilitychange"]) {
    page.addEventListener?.(type, pageChanged, { signal: listening.signal });
  }

  return {
    url,
    add(ref, member) {
      members.set(ref, member);
      if (state !== "idle") {
        queueMicrotask(() =>
          members.get(ref)?.connectionChanged(state, details)
        );
      } else if (transport) watch("open");
      else connect();
    },
    send,
    async remove(ref) {
      members.delete(ref);
      send({ kind: "unsub", ref });
      if (members.size > 0 || state === "closed") return;
      // The page's next view may need the connection.
      if (page.document && state === "open") enter("idle", LEAVE_MS, close);
      else await close();
    },
  };
}
