import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import type { Auth } from "../auth/auth.ts";
import type { ChannelState } from "../brokers/broker.ts";
import { type InboundFrame, parseInbound } from "../wire/client_frame.ts";
import { type MessagePublisher, quote } from "../publish/publisher.ts";
import { Session } from "./session.ts";
import type { SessionHost } from "./session_host.ts";
import type { Socket, SocketHandler } from "../wire/socket.ts";
import { createEnvelope } from "../wire/envelope.ts";
import type { Wire } from "../wire/encode.ts";

/** What a connection needs of its gateway. */
export interface ConnectionHost extends SessionHost {
  readonly auth: Auth;
  /** What publishes for a client with such a token; for who has the signing key without one. */
  publisherFor(claims?: TokenClaims): MessagePublisher;
  readonly maxInboundRate: number;
  /** A session opened. */
  opened(session: Session): void;
}

/** How a WebSocket came: what its handshake said. */
export interface Handshake {
  readonly wire: Wire;
  /** The token's claims; absent when the client sends it later. */
  readonly claims?: TokenClaims;
  /** Why the token was refused: said on the socket, where browsers can read it. */
  readonly refusal?: RealtimeError;
  readonly since?: string;
  /** Where its channels stood when it was answered: a plain client counts as subscribed from then on. */
  readonly marks?: ReadonlyMap<string, ChannelState>;
}

/** A client on a WebSocket: acts on its frames, one after the other. */
export class Connection implements SocketHandler {
  readonly #host: ConnectionHost;
  /** Until it is open. */
  #handshake: Handshake | undefined;
  #session: Session | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;
  /** Settled when it has acted on every frame that came. */
  #work: Promise<void> | undefined;
  /** Frames left in this second, and when it began. */
  #budget: number;
  #second = currentSecond();

  constructor(host: ConnectionHost, handshake: Handshake) {
    this.#host = host;
    this.#handshake = handshake;
    // A client that comes back brings all of its subscriptions at once.
    this.#budget = host.maxInboundRate + host.subscriptions;
  }

  open(socket: Socket): void {
    if (!this.#handshake) return;
    const { wire, claims, refusal, since, marks } = this.#handshake;
    this.#handshake = undefined;
    const session = new Session(this.#host, socket, wire);
    this.#session = session;
    this.#host.opened(session);
    if (refusal) session.refuse(refusal);
    else if (claims) {
      this.#enqueue(session, async () => {
        await session.subscribe(claims, since, undefined, marks);
      });
    } else {
      this.#deadline = setTimeout(() => {
        session.refuse(
          new RealtimeError("unauthenticated", "No token came in time"),
        );
      }, this.#host.tokenDeadlineMs);
    }
  }

  message(text: string | undefined): void {
    const session = this.#session;
    if (!session) return;
    if (!this.#allowed()) {
      const limit = this.#host.maxInboundRate;
      const message = `More than ${limit} frames came in a second`;
      session.refuse(new RealtimeError("rate_limited", message));
      // What still comes until the socket is closed is not worth a look.
      this.#session = undefined;
      return;
    }
    session.heard();
    const { frame, error, ref } = parseInbound(text);
    if (error) session.error(error, ref);
    else if (frame && frame.kind !== "pong") {
      this.#enqueue(session, () => this.#act(session, frame), frame);
    }
  }

  drain(): void {
    this.#session?.drain();
  }

  close(): void {
    clearTimeout(this.#deadline);
    this.#session?.ended();
  }

  /** One after the other: an `unsub` must not overtake its `sub`. */
  #enqueue(
    session: Session,
    action: () => Promise<void>,
    frame?: InboundFrame,
  ): void {
    const before = this.#work ?? Promise.resolve();
    const work = before.then(action).catch((cause) => {
      const known = cause instanceof RealtimeError;
      if (!known) this.#host.report("inbound frame", cause);
      const error = known
        ? cause
        : new RealtimeError("internal", "The gateway failed", { cause });
      const ref = frame && "ref" in frame ? frame.ref : undefined;
      // Without a reference, or where nothing else lives on the connection, the code of the close says it.
      if (frame?.kind === "publish" || (ref !== undefined)) {
        session.error(error, ref);
      } else session.refuse(error);
    }).then(() => {
      if (this.#work === work) this.#work = undefined;
    });
    this.#work = work;
  }

  async #act(session: Session, frame: InboundFrame): Promise<void> {
    switch (frame.kind) {
      case "sub": {
        const { token, since, ref } = frame;
        const claims = await this.#host.auth.verify(token, [
          "subscribe",
          "ticket",
        ]);
        clearTimeout(this.#deadline);
        return session.subscribe(claims, since, ref);
      }
      case "unsub":
        if (frame.ref !== undefined) session.unsubscribe(frame.ref);
        if (frame.topics) session.unsubscribeTopics(frame.topics);
        return;
      case "publish":
        return await this.#publish(session, frame);
    }
  }

  async #publish(
    session: Session,
    frame: InboundFrame & { kind: "publish" },
  ): Promise<void> {
    const { channel, topic, data, key, ref } = frame;
    const claims = session.publisherClaims(channel, topic);
    if (!claims) {
      throw new RealtimeError(
        "forbidden",
        `Cannot publish to ${
          quote(channel)
        }: no token of this connection grants topic ${quote(topic)}`,
      );
    }
    const [id = ""] = await this.#host.publisherFor(claims).publish(
      createEnvelope(channel, {
        reply_topic: frame.reply_topic,
        reply_to: frame.reply_to,
      }),
      [topic],
      JSON.stringify(data),
      key,
    );
    if (ref !== undefined) session.control({ kind: "ack", ref, data: { id } });
  }

  #allowed(): boolean {
    const second = currentSecond();
    if (second !== this.#second) {
      this.#second = second;
      this.#budget = this.#host.maxInboundRate;
    }
    return --this.#budget >= 0;
  }
}

function currentSecond(): number {
  return Math.floor(performance.now() / 1000);
}
