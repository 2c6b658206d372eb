import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import { readTrace } from "../../core/protocol/trace.ts";
import type { Auth } from "../auth/auth.ts";
import type { ChannelState } from "../brokers/broker.ts";
import { textOf, withFacts } from "../events/refusal_facts.ts";
import { withTtl } from "../publish/idempotency_key.ts";
import { quote } from "../wire/quote.ts";
import type { MessagePublisher } from "../publish/publisher.ts";
import { traced } from "../publish/traced_publisher.ts";
import { type ClientCommand, parseClientFrame } from "../wire/client_frame.ts";
import { createEnvelope } from "../wire/envelope.ts";
import type { Wire } from "../wire/encode.ts";
import type { Socket, SocketHandler } from "../wire/socket.ts";
import { Session, type SessionHost } from "./session.ts";
import type { Remote } from "../runtimes/request_head.ts";

/** The parts of the gateway that a WebSocket client uses. */
export interface WebSocketHost extends SessionHost {
  readonly auth: Auth;
  /** Returns what publishes with the rights of a token or, without claims, with those of the signing key. */
  publisherFor(claims?: TokenClaims): MessagePublisher;
  /** A session opened. */
  opened(session: Session): void;
}

/** A command that calls for an action. */
type ActiveCommand = Exclude<ClientCommand, { kind: "pong" }>;

/** The result of a WebSocket client's handshake. */
export interface Handshake {
  readonly wire: Wire;
  readonly remote: Remote;
  /** The token's claims; absent if the client will send a token later, or sent an invalid one. */
  readonly claims?: TokenClaims;
  /** Why the client is refused. Browsers can't read the answer to a handshake, so the socket's close says it. */
  readonly refusal?: RealtimeError;
  readonly since?: string;
  /** The position of each channel at the handshake, from which a plain client is subscribed. */
  readonly marks?: ReadonlyMap<string, ChannelState>;
}

/** The frames that a client sent and that are not handled yet. */
interface Work {
  /** Settles when all of them are handled. */
  done: Promise<void>;
  /** How many there are. */
  waiting: number;
}

/** A client on a WebSocket. It acts on the client's frames one after the other. */
export class WebSocketClient implements SocketHandler {
  readonly #host: WebSocketHost;
  /** Present until the connection is open. */
  #handshake: Handshake | undefined;
  #session: Session | undefined;
  /** Absent while nothing is under way: an idle connection needs no place for it. */
  #work: Work | undefined;
  /** Frames that the client may send now. */
  #budget: number;
  #second = currentSecond();

  constructor(host: WebSocketHost, handshake: Handshake) {
    this.#host = host;
    this.#handshake = handshake;
    this.#budget = this.#burst;
  }

  /** Most frames at once: a client that connects again, or whose tokens end together, brings all of its subscriptions. */
  get #burst(): number {
    return this.#host.maxInboundRate + this.#host.maxSubscriptions;
  }

  open(socket: Socket): void {
    if (!this.#handshake) return;
    const { wire, remote, claims, refusal, since, marks } = this.#handshake;
    this.#handshake = undefined;
    const session = new Session(this.#host, socket, wire, { remote });
    this.#session = session;
    this.#host.opened(session);
    if (refusal) {
      this.#host.counts.refuseConnection(refusal);
      session.refuse(refusal);
    } else if (claims) {
      const { subscriptions } = session;
      this.#enqueue(
        session,
        () => subscriptions.subscribe(claims, since, undefined, marks),
      );
    } else {
      const message = "No token came in time";
      session.awaitToken(new RealtimeError("unauthenticated", message));
    }
  }

  message(text: string | undefined): void {
    const session = this.#admit();
    if (!session) return;
    session.heard();
    const parsed = parseClientFrame(text);
    if (parsed.error) return session.error(parsed.error, parsed.ref);
    const { command } = parsed;
    if (command.kind === "pong") return;
    // While the broker is away, each frame waits for it.
    if (this.#work && this.#work.waiting >= this.#burst) {
      const message = `More than ${this.#burst} frames wait for their answers`;
      return session.refuse(new RealtimeError("rate_limited", message));
    }
    this.#enqueue(session, () => this.#act(session, command), command);
  }

  /** Counts pings and pongs like any other frame; the runtime answers them. */
  control(): void {
    this.#admit();
  }

  drain(): void {
    this.#session?.drain();
  }

  close(code: number, reason?: string): void {
    this.#session?.ended(code, reason);
  }

  /** Counts a frame; returns the session if it may be acted on. */
  #admit(): Session | undefined {
    const session = this.#session;
    if (!session || session.isClosed) return undefined;
    if (this.#takeFromBudget()) return session;
    const limit = this.#host.maxInboundRate;
    const message = `More than ${limit} frames came in a second`;
    session.flooded(new RealtimeError("rate_limited", message));
    return undefined;
  }

  /** Acts after all earlier frames: an `unsub` must not overtake its `sub`. */
  #enqueue(
    session: Session,
    action: () => Promise<void>,
    command?: ActiveCommand,
  ): void {
    const work = this.#work ??= { done: Promise.resolve(), waiting: 0 };
    work.waiting++;
    work.done = work.done.then(action)
      .catch((error) => this.#answerFailure(session, error, command))
      .then(() => {
        work.waiting--;
        if (work.waiting === 0) this.#work = undefined;
      });
  }

  /** Sends the error of a failed action, or closes the connection with it. */
  #answerFailure(
    session: Session,
    cause: unknown,
    command: ActiveCommand | undefined,
  ): void {
    const error = cause instanceof RealtimeError
      ? cause
      : new RealtimeError("internal", "The gateway failed", { cause });
    if (error !== cause) this.#host.report("inbound frame", cause);
    if (command?.kind === "publish") this.#host.counts.refusePublish(error);
    const ref = command?.ref;
    // A client that sends no references has one subscription, so its connection closes when that fails.
    if (ref !== undefined || command?.kind === "publish") {
      session.error(error, ref);
    } else session.refuse(error);
  }

  async #act(session: Session, command: ActiveCommand): Promise<void> {
    switch (command.kind) {
      case "sub": {
        const { token, since, ref } = command;
        const uses = ["subscribe", "ticket"] as const;
        const claims = await this.#host.auth.verify(token, uses);
        return session.subscriptions.subscribe(claims, since, ref);
      }
      case "unsub": {
        const { ref, topics } = command;
        if (ref !== undefined) session.subscriptions.unsubscribe(ref);
        if (topics) session.subscriptions.unsubscribeTopics(topics);
        return;
      }
      case "publish":
        return await this.#publish(session, command);
    }
  }

  async #publish(
    session: Session,
    frame: ClientCommand & { kind: "publish" },
  ): Promise<void> {
    const { channel, topic, ref, reply_topic, reply_to } = frame;
    const claims = session.subscriptions.publisherClaims(channel, topic);
    if (!claims) {
      const action = `Cannot publish to ${quote(channel)}`;
      const reason = `no token of this connection grants topic ${quote(topic)}`;
      const error = new RealtimeError("forbidden", `${action}: ${reason}`);
      throw withFacts(error, { channel: textOf(channel) });
    }
    const replies = { reply_topic, reply_to };
    const envelope = createEnvelope(channel, replies, "websocket");
    const data = JSON.stringify(frame.data);
    const key = withTtl(frame.key, frame.key_ttl);
    const publisher = this.#host.publisherFor(claims);
    const [id = ""] = await traced(publisher, readTrace(frame.trace))
      .publish(envelope, [topic], data, key);
    if (ref !== undefined) session.control({ kind: "ack", ref, data: { id } });
  }

  /** Counts a frame, and tells whether the limit allows it. */
  #takeFromBudget(): boolean {
    const second = currentSecond();
    const passed = second - this.#second;
    if (passed > 0) {
      this.#second = second;
      const refilled = this.#budget + passed * this.#host.maxInboundRate;
      this.#budget = Math.min(this.#burst, refilled);
    }
    return --this.#budget >= 0;
  }
}

function currentSecond(): number {
  return Math.floor(performance.now() / 1000);
}
