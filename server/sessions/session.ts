import type { ControlFrame } from "../../core/protocol/frames.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims, TopicClaim } from "../../core/protocol/token.ts";
import type { ChannelState } from "../brokers/broker.ts";
import { grantsPublish } from "../publish/client_publisher.ts";
import { closeOf } from "../wire/close_code.ts";
import { staggerEnd } from "./staggered_end.ts";
import { errorBody } from "../../core/protocol/error_body.ts";
import { HANDED_BYTES, SendQueue } from "./send_queue.ts";
import { ChannelDelivery, positionsOf } from "../fan_out/channel_delivery.ts";
import type { DeliveryTarget, Gap, Start } from "../fan_out/delivery_target.ts";
import { parseSince, type Since, sinceOfChannel } from "../wire/since.ts";
import type { Packet, Socket } from "../wire/socket.ts";
import { HEARTBEAT } from "./sse_socket.ts";
import {
  byChannel,
  countTopics,
  sameTopics,
  withoutTopics,
} from "./topic_sets.ts";
import type { SessionHost } from "./session_host.ts";
import { findGrant, type Grant, grant } from "./grant.ts";
import { encodeControl, isV1, type Wire } from "../wire/encode.ts";

interface Found {
  readonly reader: ChannelDelivery;
  readonly topics: ReadonlySet<string>;
  readonly start: Start;
}

/** What the ids of this process's sessions begin with, UUIDs that need not be kept: a number makes one. */
const PROCESS = crypto.randomUUID().slice(0, 24);

let sessions = 0;

/** One client's connection: what it subscribed to, with which rights, and what waits to be sent to it. */
export class Session implements DeliveryTarget {
  readonly wire: Wire;
  readonly cursor: DeliveryTarget["cursor"];
  readonly #host: SessionHost;
  readonly #socket: Socket;
  /**
   * There once the runtime was given what it may hold, which an idle connection never is; until then, how many bytes it was given. As two
   * fields, the two make a session 160 bytes large on Bun instead of 112.
   */
  #outbox: SendQueue | number = 0;
  readonly #number = ++sessions;
  // Lists, though they are looked through: most have one entry, for which a map has 0.3 KB on Bun, and none over 128.
  #readers: readonly ChannelDelivery[] = [];
  #subscriptions: readonly Grant[] = [];
  /** What ends its subscriptions and, when none is left, the session. */
  #expiry: ReturnType<typeof setTimeout> | undefined;
  #heardAt = performance.now();
  /** Settled when the last one who reads is done. */
  #turn: Promise<void> | undefined;
  #closed = false;

  /**
   * @param cursors Whether events carry a position in several channels.
   */
  constructor(
    host: SessionHost,
    socket: Socket,
    wire: Wire,
    cursors: boolean = false,
  ) {
    this.#host = host;
    this.#socket = socket;
    this.wire = wire;
    this.cursor = cursors ? new Map() : undefined;
  }

  /** Whether nothing is on its way to the client any more. */
  get settled(): boolean {
    if (this.#closed) return true;
    for (const reader of this.#readers) {
      reader.flush();
      if (reader.position === undefined) return false;
    }
    return (this.#queue?.bytes ?? this.#socket.buffered) === 0;
  }

  /** The rights of a token of it that grants publishing to the topic; `undefined` where none does. */
  publisherClaims(channel: string, topic: string): TokenClaims | undefined {
    return this.#subscriptions.find(({ claims, endsAt }) =>
      endsAt > performance.now() && grantsPublish(claims, channel, topic)
    )?.claims;
  }

  /**
   * Adds a token's topics; with a `ref` or topics that it has already, renews them.
   *
   * @param marks What "now" means in a channel, where the client counts as subscribed since a moment ago.
   * @throws {RealtimeError} When there are too many, or `since` is malformed.
   */
  async subscribe(
    claims: TokenClaims,
    since?: string,
    ref?: string,
    marks?: ReadonlyMap<string, ChannelState>,
  ): Promise<void> {
    const from = parseSince(since);
    const known = findGrant(this.#subscriptions, claims, ref);
    const renewal = known !== undefined && since === undefined &&
      sameTopics(known.topics, claims.topics);
    const others = this.#subscriptions.filter((one) => one !== known);
    const granted = [...others.map(({ claims }) => claims), claims];
    const topics = granted.flatMap(({ topics }) => topics);
    const limit = this.#host.subscriptions;
    if (topics.length > limit && countTopics(topics) > limit) {
      throw new RealtimeError(
        "too_many",
        `Cannot subscribe: a connection may have ${limit} topics`,
      );
    }
    const ticket = isV1(this.wire) ? await this.#host.ticket(claims) : "";
    if (this.#closed) return;
    if (known && !renewal) this.#end(known);
    const subscription = grant(claims, ref);
    this.#subscriptions = [
      ...this.#subscriptions.filter((one) => one !== known),
      subscription,
    ];
    this.#armExpiry();
    const starts = await this.#findStarts(claims.topics, from, marks)
      .catch((error: unknown) => {
        this.#end(subscription);
        throw error;
      });
    // Ended, unsubscribed or renewed in the meantime.
    if (!this.#subscriptions.includes(subscription)) return;
    this.#begin(starts, ticket, ref, renewal);
  }

  /** Ends the subscription that a `sub` frame with this `ref` made. */
  unsubscribe(ref: string): void {
    const subscription = this.#subscriptions.find((one) => one.ref === ref);
    if (subscription) this.#end(subscription);
  }

  /** Ends delivery of topics, whichever subscription they belong to. */
  unsubscribeTopics(topics: readonly TopicClaim[]): void {
    // What runs then is the time for another token.
    if (this.#subscriptions.length === 0) return;
    this.#subscriptions = this.#subscriptions
      .map((one) => ({ ...one, topics: withoutTopics(one.topics, topics) }))
      .filter(({ topics }) => topics.length > 0);
    this.#drop(topics);
    this.#armExpiry();
  }

  /** Sends messages; how long they wait is the outbox's affair. */
  write(packets: readonly Packet[]): void {
    for (const packet of packets) this.#send(packet);
  }

  /** Sends what only a client of `tidings.v1` understands; nothing to others. */
  control(frame: ControlFrame): void {
    if (isV1(this.wire) && !this.#closed) {
      this.#send(encodeControl(this.wire, frame));
    }
  }

  /** One reader at a time: all of them at once would fill the queue of a client that keeps up. */
  inTurn(read: () => Promise<void>): Promise<void> {
    const turn = (this.#turn ?? Promise.resolve())
      .then(() => this.#queue?.ready())
      .then(read);
    // Who reads is told of its failure; the next one's turn comes all the same.
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Tells the client of messages that it can't have. */
  gap(channel: string, { after, before }: Gap): void {
    this.control({ kind: "gap", channel, data: { after, before } });
  }

  /** Ends the session after the log could not be read: the client comes back and resumes. */
  fail(error: unknown): void {
    this.#host.report("read", error);
    this.close(1012, "the log could not be read");
  }

  /** Answers a frame, or says why the connection closes. */
  error(error: RealtimeError, ref?: string): void {
    const data = errorBody(error);
    this.control({ kind: "error", data, ...ref !== undefined && { ref } });
  }

  /** The client said something: it is alive. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  /** The runtime has room for more. */
  drain(): void {
    this.#queue?.drain();
  }

  /** Pings a client that can answer, ends one that didn't. */
  ping(): void {
    if (this.#closed) return;
    if (this.#expiry === undefined) this.#armExpiry();
    const limit = this.#host.pingIntervalMs + this.#host.pongTimeoutMs;
    if (this.wire === "ws.v1" && performance.now() - this.#heardAt > limit) {
      this.close(1001, "no pong", true);
      return;
    }
    if (this.wire === "sse") return this.#send(HEARTBEAT);
    this.control({ kind: "ping", data: positionsOf(this.#readers) });
  }

  /** Refuses the client: says why, and closes with the code for it. */
  refuse(error: RealtimeError): void {
    this.error(error);
    const { code, reason } = closeOf(error);
    this.close(code, reason);
  }

  /**
   * Says why there is nothing to read. A client of `tidings.v1` ends such a response itself: an end would look like a lost network,
   * which its other responses share.
   */
  decline(error: RealtimeError): void {
    if (this.wire !== "sse.v1") return this.refuse(error);
    this.error(error);
    const { code, reason } = closeOf(error);
    this.#expiry = setTimeout(
      () => this.close(code, reason),
      this.#host.tokenDeadlineMs,
    );
  }

  /** Closes the connection: after what waits in the runtime, or at once where the client doesn't take what it has coming. */
  close(code: number, reason: string, isDead = false): void {
    if (this.#closed) return;
    if (isDead) staggerEnd(() => this.#socket.terminate(code, reason));
    else this.#socket.close(code, reason);
    this.ended();
  }

  /** The connection is gone. */
  ended(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#expiry);
    this.#queue?.close();
    for (const reader of this.#readers) reader.close();
    this.#readers = [];
    this.#subscriptions = [];
    this.#host.ended(this);
  }

  /**
   * Ends what was granted by tokens that match, for good.
   *
   * @returns How many subscriptions that were.
   */
  revoke(matches: (claims: TokenClaims) => boolean): number {
    const refused = new RealtimeError("forbidden", "The token was revoked");
    const count = this.#endSubscriptions((one) => matches(one.claims), refused);
    if (count > 0 && this.#subscriptions.length === 0) this.refuse(refused);
    return count;
  }

  /** What waits, where anything may. */
  get #queue(): SendQueue | undefined {
    return typeof this.#outbox === "number" ? undefined : this.#outbox;
  }

  #send(packet: Packet): void {
    if (this.#closed) return;
    if (typeof this.#outbox === "number") {
      const handed = this.#outbox + packet.bytes;
      if (handed < HANDED_BYTES) {
        this.#outbox = handed;
        this.#socket.send(packet);
        return;
      }
      this.#outbox = new SendQueue(this.#socket, this.#host.sendQueue, () => {
        this.close(4408, "too slow", true);
      });
    }
    this.#outbox.write(packet);
  }

  #findStarts(
    topics: readonly TopicClaim[],
    from: Since,
    marks: ReadonlyMap<string, ChannelState> | undefined,
  ): Promise<Found[]> {
    const channels = [...byChannel(topics)];
    return Promise.all(channels.map(async ([channel, topics], index) => {
      const reader = this.#reader(channel);
      const since = sinceOfChannel(from, channel, index === 0);
      const start = await reader.start(topics, since, marks?.get(channel));
      return { reader, topics, start };
    }));
  }

  #begin(
    starts: readonly Found[],
    ticket: string,
    ref: string | undefined,
    renewal: boolean,
  ): void {
    // What the connection had before stands before what it gets now.
    for (const { reader } of starts) reader.flush();
    this.control({
      kind: "ready",
      ...(ref === undefined ? {} : { ref }),
      data: {
        session: PROCESS + this.#number.toString(16).padStart(12, "0"),
        ticket,
        ping_interval_ms: this.#host.pingIntervalMs,
        channels: starts.map(({ start }) => start.ready),
      },
    });
    if (renewal) return;
    for (const { reader, topics, start } of starts) {
      this.cursor?.set(reader.channel, start.ready.position);
      if (start.gap) this.gap(reader.channel, start.gap);
      reader.begin(topics, start);
    }
  }

  #reader(channel: string): ChannelDelivery {
    const known = this.#readers.find((reader) => reader.channel === channel);
    if (known) return known;
    const reader = new ChannelDelivery(this.#host.hub, this, channel);
    this.#readers = [...this.#readers, reader];
    return reader;
  }

  #end(subscription: Grant): void {
    this.#subscriptions = this.#subscriptions.filter((one) =>
      one !== subscription
    );
    this.#drop(subscription.topics);
    this.#armExpiry();
  }

  /** Ends topics that no subscription has any more. */
  #drop(topics: readonly TopicClaim[]): void {
    const kept = byChannel(this.#subscriptions.flatMap(({ topics }) => topics));
    for (const [channel, names] of byChannel(topics)) {
      const reader = this.#readers.find((reader) => reader.channel === channel);
      if (!reader) continue;
      const others = kept.get(channel);
      if (others) {
        reader.remove([...names].filter((name) => !others.has(name)));
      } else {
        this.#readers = this.#readers.filter((one) => one !== reader);
        reader.flush();
        reader.close();
      }
    }
  }

  /** Each ping calls it again: until the end is near, a session needs no timer (0.4 KB of its memory on Node). */
  #armExpiry(): void {
    clearTimeout(this.#expiry);
    this.#expiry = undefined;
    if (this.#subscriptions.length === 0) return;
    const ends = this.#subscriptions.map(({ endsAt }) => endsAt);
    const left = Math.min(...ends) - performance.now();
    if (left > 2 * this.#host.pingIntervalMs) return;
    this.#expiry = setTimeout(() => {
      const now = performance.now();
      const expired = new RealtimeError("token_expired", "The session ended");
      this.#endSubscriptions(({ endsAt }) => endsAt <= now, expired);
      if (this.#subscriptions.length > 0) this.#armExpiry();
      else this.#awaitRenewal(expired);
    }, Math.max(0, left) + 1);
  }

  /** A client of `tidings.v1` may come with a new token; to any other, the close is what tells. */
  #awaitRenewal(expired: RealtimeError): void {
    if (this.wire !== "ws.v1") return this.decline(expired);
    this.#expiry = setTimeout(
      () => this.refuse(expired),
      this.#host.tokenDeadlineMs,
    );
  }

  #endSubscriptions(
    matches: (subscription: Grant) => boolean,
    error: RealtimeError,
  ): number {
    const ended = this.#subscriptions.filter(matches);
    for (const subscription of ended) {
      this.#end(subscription);
      const { ref } = subscription;
      if (ref !== undefined) this.error(error, ref);
    }
    return ended.length;
  }
}
