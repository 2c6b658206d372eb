import { RealtimeError } from "../../core/protocol/errors.ts";
import type { ControlFrame } from "../../core/protocol/frames.ts";
import type { TokenClaims, TopicClaim } from "../../core/protocol/token.ts";
import { type Revocations, revokedError } from "../auth/revocations.ts";
import type { ChannelState } from "../brokers/broker.ts";
import {
  ChannelDelivery,
  type DeliveryTarget,
} from "../fan_out/channel_delivery.ts";
import type { Start } from "../fan_out/find_start.ts";
import type { Hub } from "../fan_out/hub.ts";
import { grantsPublish } from "../publish/client_publisher.ts";
import { isV1 } from "../wire/encode.ts";
import { parseSince, type Since, sinceOfChannel } from "../wire/since.ts";
import { findGrant, type Grant, grantOf } from "./grant.ts";
import {
  byChannel,
  countTopics,
  sameTopics,
  withoutTopics,
} from "./topic_sets.ts";

/** The parts of the gateway that subscriptions use. */
export interface SubscriptionsHost {
  readonly hub: Hub;
  readonly revocations: Revocations;
  /** Most topics of a connection. */
  readonly maxSubscriptions: number;
  readonly pingIntervalMs: number;
  /** Milliseconds that a connection may be without a valid token. */
  readonly tokenDeadlineMs: number;
  /** Makes a resume ticket from a token's claims. */
  ticket(claims: TokenClaims): Promise<string>;
}

/** The session that the subscriptions belong to. */
export interface SubscribedSession extends DeliveryTarget {
  readonly host: SubscriptionsHost;
  /** The id in `ready` frames. */
  readonly id: string;
  readonly isClosed: boolean;
  /** Sends a control frame to a client of `tidings.v1`, nothing to other clients. */
  control(frame: ControlFrame): void;
  /** Sends an error to a client of `tidings.v1`: the answer to the frame with this `ref`, or the reason of a close that follows. */
  error(error: RealtimeError, ref?: string): void;
  /** Closes the connection because of an error. */
  refuse(error: RealtimeError): void;
  /** Ends a session that has no subscription any more. */
  decline(error: RealtimeError): void;
}

/** A channel of a new subscription. */
interface ChannelStart {
  readonly delivery: ChannelDelivery;
  readonly topics: ReadonlySet<string>;
  readonly start: Start;
}

/** The subscriptions of a session: the grants of its tokens, when they end, and the delivery of their channels. */
export class Subscriptions {
  readonly #session: SubscribedSession;
  // Most sessions have one grant and one channel. A list takes 0.3 KB less than a map on Bun, and has 128 entries at most.
  #grants: readonly Grant[] = [];
  #deliveries: readonly ChannelDelivery[] = [];
  /** Ends the grants that expire next or, while there are none, the wait for a token. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: SubscribedSession) {
    this.#session = session;
  }

  /** Whether the connection has everything that is in the logs. Sends what waits for the end of the turn. */
  get areLive(): boolean {
    return Object.keys(this.positions).length === this.#deliveries.length;
  }

  /** The id up to which the connection has everything, for each channel. Sends what waits for the end of the turn. */
  get positions(): Record<string, string> {
    const positions: Record<string, string> = Object.create(null);
    for (const delivery of this.#deliveries) {
      delivery.flush();
      const { channel, position } = delivery;
      if (position !== undefined) positions[channel] = position;
    }
    return positions;
  }

  /** Returns the claims of a token that grants publishing to the topic, or `undefined` if there is none. */
  publisherClaims(channel: string, topic: string): TokenClaims | undefined {
    const { revocations } = this.#session.host;
    return this.#grants.find(({ claims, endsAt }) =>
      endsAt > performance.now() && grantsPublish(claims, channel, topic) &&
      !revocations.has(claims, channel)
    )?.claims;
  }

  /**
   * Adds a token's topics; throws an error for too many topics or a malformed `since`. A token with a known `ref`, or without one for topics
   * that are known, replaces the earlier token. `marks` are the positions that "now" stands for, if it was a moment ago.
   */
  async subscribe(
    claims: TokenClaims,
    since?: string,
    ref?: string,
    marks?: ReadonlyMap<string, ChannelState>,
  ): Promise<void> {
    const from = parseSince(since);
    const replaced = findGrant(this.#grants, claims, ref);
    const isRenewal = replaced !== undefined && since === undefined &&
      sameTopics(replaced.topics, claims.topics);
    const others = this.#grants.filter((grant) => grant !== replaced);
    this.#checkLimit([...others.map(({ claims }) => claims), claims]);
    const { host, wire } = this.#session;
    const ticket = isV1(wire) ? await host.ticket(claims) : "";
    if (this.#session.isClosed) return;
    // A revocation that comes later finds the grant among those of the session.
    host.revocations.require(claims);
    if (replaced && !isRenewal) this.#end(replaced);
    const grant = grantOf(claims, ref);
    const kept = this.#grants.filter((grant) => grant !== replaced);
    this.#setGrants([...kept, grant]);
    const starts = await this.#findStarts(claims.topics, from, marks)
      .catch((error: unknown) => {
        this.#end(grant);
        throw error;
      });
    // The grant may have ended meanwhile.
    if (!this.#grants.includes(grant)) return;
    this.#sendReady(starts, ticket, ref);
    if (!isRenewal) this.#begin(starts);
  }

  /** Ends the subscription that a `sub` frame with this `ref` made. */
  unsubscribe(ref: string): void {
    const grant = this.#grants.find((grant) => grant.ref === ref);
    if (grant) this.#end(grant);
  }

  /** Ends the delivery of topics, whichever grants they belong to. */
  unsubscribeTopics(topics: readonly TopicClaim[]): void {
    // Without grants the timer limits the wait for a token, and has to go on.
    if (this.#grants.length === 0) return;
    const grants = this.#grants.map((grant) => {
      return { ...grant, topics: withoutTopics(grant.topics, topics) };
    });
    this.#setGrants(grants.filter(({ topics }) => topics.length > 0));
    this.#dropTopics(topics);
  }

  /** Ends the grants of tokens that match, for good, and returns how many there were. */
  revoke(matches: (claims: TokenClaims) => boolean): number {
    const error = revokedError();
    const count = this.#endGrants(({ claims }) => matches(claims), error);
    if (count > 0 && this.#grants.length === 0) this.#session.refuse(error);
    return count;
  }

  /** Sets the timer if a grant ends soon. Each ping calls it: until then, a session needs no timer (0.4 KB of memory on Node). */
  watchExpiry(): void {
    if (this.#timer === undefined) this.#setTimer();
  }

  /** Gives the client a while to bring a token, or to leave by itself; then calls `end`. */
  startDeadline(end: () => void): void {
    if (this.#session.isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(end, this.#session.host.tokenDeadlineMs);
  }

  /** Ends everything, because the connection is closed. */
  close(): void {
    clearTimeout(this.#timer);
    for (const delivery of this.#deliveries) delivery.close();
    this.#deliveries = [];
    this.#grants = [];
  }

  #checkLimit(tokens: readonly TokenClaims[]): void {
    const topics = tokens.flatMap(({ topics }) => topics);
    const limit = this.#session.host.maxSubscriptions;
    if (topics.length <= limit || countTopics(topics) <= limit) return;
    const message = `Cannot subscribe: a connection may have ${limit} topics`;
    throw new RealtimeError("too_many", message);
  }

  #findStarts(
    topics: readonly TopicClaim[],
    from: Since,
    marks: ReadonlyMap<string, ChannelState> | undefined,
  ): Promise<ChannelStart[]> {
    const channels = [...byChannel(topics)];
    return Promise.all(channels.map(async ([channel, topics], index) => {
      const delivery = this.#delivery(channel);
      const since = sinceOfChannel(from, channel, index === 0);
      const start = await delivery.start(topics, since, marks?.get(channel));
      return { delivery, topics, start };
    }));
  }

  #sendReady(
    starts: readonly ChannelStart[],
    ticket: string,
    ref: string | undefined,
  ): void {
    // Messages of earlier subscriptions stand before `ready`, those of this one after it.
    for (const { delivery } of starts) delivery.flush();
    this.#session.control({
      kind: "ready",
      ref,
      data: {
        session: this.#session.id,
        ticket,
        ping_interval_ms: this.#session.host.pingIntervalMs,
        channels: starts.map(({ start }) => start.ready),
      },
    });
  }

  #begin(starts: readonly ChannelStart[]): void {
    for (const { delivery, topics, start } of starts) {
      this.#session.cursor?.set(delivery.channel, start.ready.position);
      if (start.gap) this.#session.gap(delivery.channel, start.gap);
      delivery.begin(topics, start);
    }
  }

  #delivery(channel: string): ChannelDelivery {
    const known = this.#deliveries.find((one) => one.channel === channel);
    if (known) return known;
    const { hub } = this.#session.host;
    const delivery = new ChannelDelivery(hub, this.#session, channel);
    this.#deliveries = [...this.#deliveries, delivery];
    return delivery;
  }

  #setGrants(grants: readonly Grant[]): void {
    this.#grants = grants;
    this.#setTimer();
  }

  #end(ended: Grant): void {
    this.#setGrants(this.#grants.filter((grant) => grant !== ended));
    this.#dropTopics(ended.topics);
  }

  /** Ends the delivery of topics that no grant has any more. */
  #dropTopics(topics: readonly TopicClaim[]): void {
    const kept = byChannel(this.#grants.flatMap(({ topics }) => topics));
    for (const [channel, names] of byChannel(topics)) {
      const delivery = this.#deliveries.find((one) => one.channel === channel);
      if (!delivery) continue;
      const others = kept.get(channel);
      if (others) {
        delivery.remove([...names].filter((name) => !others.has(name)));
      } else {
        this.#deliveries = this.#deliveries.filter((one) => one !== delivery);
        delivery.flush();
        delivery.close();
      }
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#grants.length === 0) return;
    const endsAt = Math.min(...this.#grants.map(({ endsAt }) => endsAt));
    const left = endsAt - performance.now();
    if (left > 2 * this.#session.host.pingIntervalMs) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, left) + 1);
  }

  #expire(): void {
    const now = performance.now();
    const error = new RealtimeError("token_expired", "The session ended");
    this.#endGrants(({ endsAt }) => endsAt <= now, error);
    if (this.#grants.length > 0) this.#setTimer();
    else this.#session.decline(error);
  }

  #endGrants(
    matches: (grant: Grant) => boolean,
    error: RealtimeError,
  ): number {
    const ended = this.#grants.filter(matches);
    for (const grant of ended) {
      this.#end(grant);
      if (grant.ref !== undefined) this.#session.error(error, grant.ref);
    }
    return ended.length;
  }
}
