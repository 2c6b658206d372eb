import { errorBody } from "../../core/protocol/error_body.ts";
import type { RealtimeError } from "../../core/protocol/errors.ts";
import type { ControlFrame } from "../../core/protocol/frames.ts";
import type { Gap } from "../fan_out/find_start.ts";
import type { Events } from "../events/events.ts";
import { factsOf, reasonOf } from "../events/refusal_facts.ts";
import type { Remote } from "../runtimes/request_head.ts";
import { closeOf } from "../wire/close_code.ts";
import { encodeControl, isV1, type Wire } from "../wire/encode.ts";
import type { Packet, Socket } from "../wire/socket.ts";
import type { SendQueueLimits } from "./backlog.ts";
import { SendQueue, type SendQueueOwner } from "./send_queue.ts";
import { SessionFacts } from "./session_facts.ts";
import { HEARTBEAT } from "./sse_socket.ts";
import {
  type SubscribedSession,
  Subscriptions,
  type SubscriptionsHost,
} from "./subscriptions.ts";

/** The parts of the gateway that a session uses. */
export interface SessionHost extends SubscriptionsHost {
  readonly sendQueue: SendQueueLimits;
  readonly events: Events;
  /** Milliseconds that a ping may stay unanswered beyond the ping interval. */
  readonly pongTimeoutMs: number;
  /** Reports a failure that no request waits for. */
  report(stage: string, error: unknown): void;
  /** The session ended. Called once. */
  ended(session: Session): void;
}

/** `ending` while a client, which got the reason, has a while to leave by itself. */
type State = "open" | "ending" | "closed";

/** Options of a {@linkcode Session}. */
export interface SessionOptions {
  readonly remote?: Remote | undefined;
  /** Whether the ids of SSE events are cursors, because the session has several channels. */
  readonly hasCursor?: boolean | undefined;
}

/** The session of one client: its connection, whose state it keeps, and its subscriptions. */
export class Session implements SubscribedSession, SendQueueOwner {
  // 8 fields are the most that take 80 bytes on Bun; with a ninth it is 112. There is a session for each connection.
  readonly wire: Wire;
  readonly cursor: Map<string, string> | undefined;
  readonly host: SessionHost;
  readonly subscriptions: Subscriptions;
  readonly #queue: SendQueue;
  readonly facts: SessionFacts;
  #heardAt = performance.now();
  #state: State = "open";

  constructor(
    host: SessionHost,
    socket: Socket,
    wire: Wire,
    { remote = {}, hasCursor = false }: SessionOptions = {},
  ) {
    this.host = host;
    this.wire = wire;
    this.cursor = hasCursor ? new Map() : undefined;
    this.facts = new SessionFacts(remote);
    this.subscriptions = new Subscriptions(this);
    this.#queue = new SendQueue(socket, this);
  }

  get id(): string {
    return this.facts.id;
  }

  /** Bytes that wait to be sent, here and in the runtime. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  get isClosed(): boolean {
    return this.#state === "closed";
  }

  /** When the client sent something last, by `performance.now()`; the session's beginning if it sent nothing. */
  get heardAt(): number {
    return this.#heardAt;
  }

  /** Whether the client has everything, or is gone. */
  get settled(): boolean {
    return this.isClosed ||
      (this.subscriptions.areLive && this.#queue.bytes === 0);
  }

  write(packets: readonly Packet[]): void {
    for (const packet of packets) this.#queue.write(packet);
  }

  control(frame: ControlFrame): void {
    if (isV1(this.wire) && !this.isClosed) {
      this.#queue.write(encodeControl(this.wire, frame));
    }
  }

  error(error: RealtimeError, ref?: string): void {
    this.control({ kind: "error", data: errorBody(error), ref });
    this.facts.lastReason = reasonOf(error);
    this.host.events.emit({
      event: "refused",
      code: closeOf(error).code,
      error: error.code,
      reason: reasonOf(error),
      ...this.facts.of(this.wire),
      ...factsOf(error),
    });
  }

  gap(channel: string, { after, before }: Gap): void {
    this.control({ kind: "gap", channel, data: { after, before } });
    this.host.counts.gaps++;
    const facts = this.facts.of(this.wire);
    this.host.events.emit({ event: "gap", channel, after, before, ...facts });
  }

  /** Notes what the client subscribed to. */
  subscribed(
    channel: string,
    topics: ReadonlySet<string>,
    position: string,
  ): void {
    this.host.events.emit({
      event: "subscribed",
      channel,
      topics: [...topics],
      position,
      ...this.facts.of(this.wire),
    });
  }

  inTurn(read: () => Promise<void>): Promise<void> {
    return this.#queue.inTurn(read);
  }

  /** Notes that the client sent something, so it is alive. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  drain(): void {
    this.#queue.drain();
  }

  /** Sends a heartbeat, or ends a client that did not answer the last ones. */
  ping(): void {
    if (this.isClosed) return;
    this.subscriptions.watchExpiry();
    const limit = this.host.pingIntervalMs + this.host.pongTimeoutMs;
    if (this.wire === "ws.v1" && performance.now() - this.#heardAt > limit) {
      this.terminate(1001, "the client answered no ping");
    } else if (this.wire === "sse") this.#queue.write(HEARTBEAT);
    else this.control({ kind: "ping", data: this.subscriptions.positions });
  }

  /** Closes the connection unless the client brings a token in time. */
  awaitToken(error: RealtimeError): void {
    this.subscriptions.startDeadline(() => this.refuse(error));
  }

  /** Sends the error, and closes the connection with its code. */
  refuse(error: RealtimeError): void {
    this.error(error);
    const { code, reason } = closeOf(error);
    this.close(code, reason);
  }

  /** Ends a session whose client sends more than it may. It need not read the close: its frames cost time until its connection ends. */
  flooded(error: RealtimeError): void {
    this.error(error);
    const { code, reason } = closeOf(error);
    this.terminate(code, reason);
  }

  /**
   * Ends a session that has no subscription, or none any more. A client of `tidings.v1` first has a while: on a WebSocket to send a
   * new token, on SSE to end the response itself, since it would take an end by the gateway for a lost network.
   */
  decline(error: RealtimeError): void {
    if (this.wire === "ws.v1") return this.awaitToken(error);
    if (this.wire !== "sse.v1") return this.refuse(error);
    if (this.#state !== "open") return;
    this.#state = "ending";
    this.error(error);
    const { code, reason } = closeOf(error);
    this.subscriptions.startDeadline(() => this.close(code, reason));
  }

  /** Ends the session because the log can't be read. The client connects again and resumes. */
  fail(error: unknown): void {
    this.host.report("read", error);
    this.close(1012, "the log could not be read");
  }

  /** Ends a slow consumer. The client connects again and resumes. */
  tooSlow(): void {
    this.host.events.emit({
      event: "slow",
      queued_bytes: this.#queue.bytes,
      ...this.facts.of(this.wire),
    });
    this.terminate(4408, "the client reads too slowly");
  }

  close(code: number, reason: string): void {
    if (this.isClosed) return;
    // Bun reports the end of the connection while it is being closed.
    this.ended(code, reason);
    this.#queue.close(code, reason);
  }

  terminate(code: number, reason: string): void {
    if (this.isClosed) return;
    this.ended(code, reason);
    this.#queue.terminate(code, reason);
  }

  /**
   * Ends the session because its connection is gone.
   *
   * @param reason The gateway's reason; absent where the client left.
   */
  ended(code: number, reason?: string): void {
    if (this.isClosed) return;
    this.#state = "closed";
    this.#queue.stop();
    this.subscriptions.close();
    const by = reason === undefined ? "client" : "gateway";
    this.host.counts.close({ code, by });
    this.host.ended(this);
    this.host.events.emit({
      event: "closed",
      by,
      code,
      reason: reason ?? "the client left",
      ...this.facts.of(this.wire),
    });
  }
}
