import { isTransient } from "../http/transient.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError } from "../protocol/errors.ts";
import {
  type ClientFrame,
  CONNECTION_LIMITS,
  type ConnectionLimits,
  PROTOCOL,
  type SubscriptionFrame,
} from "../protocol/frames.ts";
import { FRAME_CHARACTERS, LEAVE_MS, SILENCE_MS } from "../protocol/limits.ts";
import { backoff, type BackoffBounds, bounded } from "../time/backoff.ts";
import type { TransportChoice } from "../types/subscribe.ts";
import type { StateDetails } from "../types/subscription.ts";
import type { ConnectionMember, ConnectionState } from "./connection_member.ts";
import { decodeFrame, type ReadableFrame } from "./decode_frame.ts";
import type { FailureReason } from "./diagnosis.ts";
import { createPacer } from "./pacer.ts";
import type { Transport } from "./transport.ts";
import { openWebSocket } from "./websocket_transport.ts";

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

/** Returns the error for a close code for which another attempt alone does not help. */
function refusalOf(closeCode?: number): RealtimeError | undefined {
  if (closeCode !== 4401 && closeCode !== 4403) return undefined;
  return new RealtimeError(
    closeCode === 4401 ? "unauthenticated" : "forbidden",
    "Cannot go on: the connection was closed",
  );
}

/** How many unreadable lines of a text are passed over. Each takes microseconds, and a text may have millions. */
const MOST_UNREADABLE = 100;

/** The code of a handshake that the gateway refused, with a reason. */
const REFUSED = 4000;

/** A connection to a gateway that members share. It reconnects when it is lost, and closes when its last member leaves. */
export interface Connection {
  /** Tells whether the gateway's limits allow another member. */
  hasRoom(member: ConnectionMember): boolean;
  /** Adds a member. On the wire its subscription has the name `ref`. */
  add(ref: string, member: ConnectionMember): void;
  /** Sends a member's frame once its turn comes. Returns `false` if the connection is not open. */
  send(frame: SubscriptionFrame): boolean;
  /** Removes a member. If it was the last one, resolves when the connection is closed. */
  remove(ref: string): Promise<void>;
}

/** The state that all connections to a gateway share. */
export interface ConnectionHost {
  /** The limits that the gateway told last. Until it tells them, all members are on one connection. */
  limits?: ConnectionLimits;
  /** The connections that are lost and not back, and whether the app was told of this outage. */
  readonly lost: Set<Connection>;
  isTold: boolean;
  /** Adds a member to a connection that has room. */
  add(ref: string, member: ConnectionMember): void;
  /** Forgets a connection that closes for good. */
  closed(connection: Connection): void;
}

/** Makes a connection, which connects when its first member is added. */
export function createConnection(
  url: string,
  choice: TransportChoice,
  bounds: BackoffBounds,
  host: ConnectionHost,
): Connection {
  const members = new Map<string, ConnectionMember>();
  const pacer = createPacer(write);
  /** Whether a member found no room since the last one left. */
  let isFull = false;
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
    if (!isSse) return open(openWebSocket, token, presenter);
    const current = details;
    // Most pages never need this module, so bundlers put it into a file of its own.
    import("./sse_transport.ts").then(({ openSse }) => {
      const isCurrent = details === current && state === "connecting";
      if (isCurrent) open(openSse, token, presenter);
    }, () => failed(token, presenter));
  }

  function open(
    openTransport: typeof openWebSocket,
    token: string,
    presenter: ConnectionMember | undefined,
  ): void {
    try {
      transport = openTransport(url, token);
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
    // Few pages need this module, too.
    const { refusal, reason } = await import("./diagnosis.ts").then(
      ({ explainFailure }) =>
        explainFailure(url, token, { isSse, isFixed }, listening.signal),
      // Without a network a page can't load the module.
      (): FailureReason => ({ reason: "nothing answers" }),
    );
    // The time for connecting may be over, and another attempt may have begun.
    if (state !== before || transport) return;
    if (!refusal) return lost(undefined, reason);
    lost(REFUSED);
    presenter?.receive({ kind: "error", data: refusal }, 0);
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
    pacer.reset();
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
    host.lost.add(connection);
    if (error && attempt > 0 && !host.isTold) {
      host.isTold = true;
      tell(error);
    }
    const pauses = Math.max(attempt - 1, 0);
    const retryInMs = retryAfterMs ?? backoff(pauses, bounds);
    retryAfterMs = undefined;
    details = { error, attempt, retryInMs };
    enter("waiting", retryInMs, connect, refusal);
    if (members.size === 0) void close();
  }

  async function close(): Promise<void> {
    endOutage();
    pacer.reset();
    host.closed(connection);
    listening.abort();
    await new Promise<void>((resolve) => {
      enter("closed", LEAVE_MS, resolve);
      if (transport) release(() => resolve());
      else resolve();
    });
    clearTimeout(timer);
  }

  /** Notes that the connection is not lost any more. The outage ends with the last one. */
  function endOutage(): void {
    host.lost.delete(connection);
    if (host.lost.size === 0) host.isTold = false;
  }

  /** Tells the app once of what concerns all members. */
  function tell(error: RealtimeError): void {
    const [first] = members.values();
    first?.onError(error);
  }

  function receive({ data, ref }: { data: string; ref?: string }): void {
    heardAt = performance.now();
    // A hostile gateway may send binary frames, which are not strings.
    const text = String(data);
    const { length } = text;
    let unreadable = length > FRAME_CHARACTERS ? MOST_UNREADABLE : 0;
    // A list of the lines would take gigabytes where millions are empty.
    for (let start = 0; start < length; start++) {
      if (unreadable === MOST_UNREADABLE) break;
      const found = text.indexOf("\n", start);
      const end = found < 0 ? length : found;
      if (end > start) {
        const frame = decodeFrame(text.slice(start, end));
        if (frame.kind === "invalid") unreadable++;
        else dispatch(frame, end - start, ref);
      }
      start = end;
    }
    if (unreadable === 0) return;
    const message = `Cannot read a frame of ${length} characters`;
    tell(new RealtimeError("invalid_json", message));
    if (unreadable === MOST_UNREADABLE) lost();
  }

  /** Handles what concerns the connection itself, and passes a frame to the members that it is for. */
  function dispatch(
    frame: ReadableFrame,
    size: number,
    ref: string | undefined,
  ): void {
    if (frame.kind === "unknown") return;
    if (frame.kind === "closing") {
      retryAfterMs = bounded(frame.data.retry_after_ms);
      return;
    }
    if (frame.kind === "ping") pacer.pass({ kind: "pong" });
    const target = ref ?? frame.ref;
    if (frame.kind === "ready") {
      attempt = 0;
      details = {};
      silenceMs = bounded(frame.data.ping_interval_ms) + SILENCE_MS;
      endOutage();
      const limits = host.limits = frame.data.limits ?? CONNECTION_LIMITS;
      if (pacer.keep(limits)) makeRoom(target);
    }
    const error = frame.kind === "error" ? errorOf(frame.data) : undefined;
    if (target !== undefined) {
      pacer.answered(target);
      const member = members.get(target);
      if (member && error?.code === "too_many" && members.size > 1) {
        // Its token has more topics than the app named.
        isFull = true;
        move(target, member);
      } else member?.receive(frame, size);
    } else if (error && isTransient(error)) {
      // The connection stays, or closes and says why to all.
      tell(error);
    } else {
      for (const member of members.values()) member.receive(frame, size);
    }
  }

  /** Tells whether the limits allow the members that there are, and one more if it is given. */
  function allows(another?: ConnectionMember): boolean {
    if (isSse || !host.limits) return true;
    const { subscriptions } = host.limits;
    if (members.size + (another ? 1 : 0) > subscriptions) return false;
    // The gateway counts different topics.
    const all = new Set(another?.topics);
    for (const { topics } of members.values()) topics.forEach(all.add, all);
    return all.size <= subscriptions;
  }

  /** Moves the members that came last if the limits are lower than was known. Their frames have not been sent. */
  function makeRoom(accepted: string | undefined): void {
    isFull = false;
    for (const [ref, member] of [...members].reverse()) {
      if (allows()) return;
      if (ref !== accepted) move(ref, member);
    }
  }

  function move(ref: string, member: ConnectionMember): void {
    members.delete(ref);
    pacer.drop(ref);
    member.connectionChanged("connecting", details);
    host.add(ref, member);
  }

  function write(frame: ClientFrame): void {
    transport?.send(JSON.stringify(frame));
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

  const connection: Connection = {
    hasRoom(member) {
      isFull ||= !allows(member);
      return !isFull;
    },
    add(ref, member) {
      members.set(ref, member);
      if (state !== "idle") {
        queueMicrotask(() =>
          members.get(ref)?.connectionChanged(state, details)
        );
      } else if (transport) watch("open");
      else connect();
    },
    send(frame) {
      if (state !== "open") return false;
      if (isSse) write(frame);
      else pacer.push(frame);
      return true;
    },
    async remove(ref) {
      connection.send({ kind: "unsub", ref });
      members.delete(ref);
      isFull = false;
      if (members.size > 0 || state === "closed") return;
      // The page's next view may need the connection.
      if (page.document && state === "open") enter("idle", LEAVE_MS, close);
      else await close();
    },
  };
  return connection;
}
