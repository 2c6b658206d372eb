import { RealtimeError } from "../../core/protocol/errors.ts";
import type { ControlFrame } from "../../core/protocol/frames.ts";
import type { TokenClaims, TopicClaim } from "../../core/protocol/token.ts";
import { grants } from "../auth/auth.ts";
import { type Revocations, revokedError } from "../auth/revocations.ts";
import type { ChannelState } from "../brokers/broker.ts";
import {
  ChannelDelivery,
  type DeliveryTarget,
} from "../fan_out/channel_delivery.ts";
import type { Start } from "../fan_out/find_start.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { Counts } from "../events/counts.ts";
import { isV1 } from "../wire/encode.ts";
import { parseSince, type Since, sinceOfChannel } from "../wire/since.ts";
import { Grant, grantKey } from "./grant.ts";
import type { SessionFacts } from "./session_facts.ts";
import { TopicCounts } from "./topic_counts.ts";
import { byChannel, sameTopics } from "./topic_sets.ts";

/** How many grants a connection may have before their topics are counted. */
const FEW = 8;

/** The parts of the gateway that subscriptions use. */
export interface SubscriptionsHost {
  readonly hub: Hub;
  readonly counts: Counts;
  readonly revocations: Revocations;
  /** Maximum number of a connection's subscriptions, and of its different topics. */
  readonly maxSubscriptions: number;
  /** Most frames that a client may go on sending in a second. */
  readonly maxInboundRate: number;
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
  readonly facts: SessionFacts;
  readonly isClosed: boolean;
  /** Sends a control frame to a client of `tidings.v1`, nothing to other clients. */
  control(frame: ControlFrame): void;
  /** Sends an error to a client of `tidings.v1`: the answer to the frame with this `ref`, or the reason of a close that follows. */
  error(error: RealtimeError, ref?: string): void;
  /** Notes what the client subscribed to. */
  subscribed(
    channel: string,
    topics: ReadonlySet<string>,
    position: string,
  ): void;
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
  /** A list, as are the deliveries: a map takes 0.3 KB more on Bun, where a connection takes 2.6 KB. */
  #grants: readonly Grant[] = [];
  #deliveries: readonly ChannelDelivery[] = [];
  /** The topics of all grants; present while these are too many to go through for each frame. */
  #counts: TopicCounts | undefined;
  /** Ends the grants that expire next or, while there are none, the wait for a token. */
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(session: SubscribedSession) {
    this.#session = session;
  }

  /** Whether the connection has everything that is in the logs. Sends what waits for the end of the turn. */
  get areLive(): boolean {
    return Object.keys(this.positions).length === this.#deliveries.length;
  }

  /** How many tokens' topics the connection follows. */
  get size(): number {
    return this.#grants.length;
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

  /** The deliveries of the channels that the connection follows, for operators. */
  get deliveries(): readonly ChannelDelivery[] {
    return this.#deliveries;
  }

  /** The claims of the connection's valid tokens, for operators. */
  get tokens(): readonly TokenClaims[] {
    return this.#grants.map(({ claims }) => claims);
  }

  /** Returns the claims of a token that grants publishing to the topic, or `undefined` if there is none. */
  publisherClaims(channel: string, topic: string): TokenClaims | undefined {
    const { revocations } = this.#session.host;
    for (const { claims, endsAt } of this.#grants) {
      if (
        endsAt > performance.now() &&
        grants("publish", claims, channel, topic) &&
        !revocations.has(claims, channel)
      ) return claims;
    }
  }

  /**
   * Adds a token's topics; throws an error for too many subscriptions or topics, or a malformed `since`. A token with a known `ref`, or
   * without one for topics that are known, replaces the earlier token. `marks` are the positions that "now" stands for, if it was a moment
   * ago.
   */
  async subscribe(
    claims: TokenClaims,
    since?: string,
    ref?: string,
    marks?: ReadonlyMap<string, ChannelState>,
  ): Promise<void> {
    const from = parseSince(since);
    const replaced = this.#grant(grantKey(claims, ref));
    this.#checkLimit(claims.topics, replaced);
    const { host, wire } = this.#session;
    const ticket = isV1(wire) ? await host.ticket(claims) : "";
    if (this.#session.isClosed) return;
    // A revocation that comes later finds the grant among those of the session.
    host.revocations.require(claims);
    // The grant may have ended meanwhile.
    const isRenewal = replaced !== undefined &&
      this.#grants.includes(replaced) &&
      since === undefined && sameTopics(replaced.topics, claims.topics);
    if (isRenewal) this.#remove(replaced);
    else if (replaced) this.#end(replaced);
    const grant = new Grant(claims, ref);
    this.#session.facts.subject ??= claims.sub;
    this.#add(grant);
    this.#setTimer();
    const starts = await this.#findStarts(claims.topics, from, marks)
      .catch((error: unknown) => {
        this.#end(grant);
        throw error;
      });
    if (!this.#grants.includes(grant)) return;
    this.#sendReady(starts, ticket, ref);
    if (!isRenewal) this.#begin(starts);
  }

  /** Ends the subscription that a `sub` frame with this `ref` made. */
  unsubscribe(ref: string): void {
    const grant = this.#grant(`ref ${ref}`);
    if (grant) this.#end(grant);
  }

  /** Ends the delivery of topics, whichever grants they belong to. */
  unsubscribeTopics(topics: readonly TopicClaim[]): void {
    const held = this.#held();
    const ended = topics.filter((topic) => held.has(topic));
    // Without grants the timer limits the wait for a token, and has to go on.
    if (ended.length === 0) return;
    const counts = new TopicCounts(ended);
    for (const grant of this.#grants) {
      const rest = grant.topics.filter((topic) => !counts.has(topic));
      if (rest.length === grant.topics.length) continue;
      this.#remove(grant);
      if (rest.length > 0) this.#add(grant.with(rest));
    }
    this.#setTimer();
    this.#stop(ended);
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
    this.#counts = undefined;
  }

  /** Checks whether a grant of some topics may be added in another one's place. */
  #checkLimit(
    topics: readonly TopicClaim[],
    replaced: Grant | undefined,
  ): void {
    const limit = this.#session.host.maxSubscriptions;
    const count = this.#grants.length + (replaced ? 0 : 1);
    if (count > limit) throw tooMany(`${limit} subscriptions`);
    // Most clients have so few that none of them need be counted.
    if (this.#mostTopics + topics.length <= limit) return;
    const size = this.#held().sizeWith(topics, replaced?.topics);
    if (size > limit) throw tooMany(`${limit} topics`);
  }

  /** How many different topics the grants have at most. */
  get #mostTopics(): number {
    if (this.#counts) return this.#counts.size;
    let sum = 0;
    for (const { topics } of this.#grants) sum += topics.length;
    return sum;
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
    const { host, id: session } = this.#session;
    this.#session.control({
      kind: "ready",
      ref,
      data: {
        session,
        ticket,
        ping_interval_ms: host.pingIntervalMs,
        limits: {
          subscriptions: host.maxSubscriptions,
          frames_per_second: host.maxInboundRate,
          frames_at_once: host.maxSubscriptions,
        },
        channels: starts.map(({ start }) => start.ready),
      },
    });
  }

  #begin(starts: readonly ChannelStart[]): void {
    for (const { delivery, topics, start } of starts) {
      const { channel } = delivery;
      this.#session.subscribed(channel, topics, start.ready.position);
      this.#session.cursor?.set(delivery.channel, start.ready.position);
      this.#countResume(start);
      if (start.gap) this.#session.gap(delivery.channel, start.gap);
      delivery.begin(topics, start);
    }
  }

  #countResume({ ready: { recovered } }: Start): void {
    // Only a start after an id says whether the log had what follows.
    if (recovered === undefined) return;
    const { resumes } = this.#session.host.counts;
    if (recovered) resumes.recovered++;
    else resumes.lost++;
  }

  #grant(key: string): Grant | undefined {
    return this.#grants.find((grant) => grant.key === key);
  }

  #known(channel: string): ChannelDelivery | undefined {
    return this.#deliveries.find((delivery) => delivery.channel === channel);
  }

  #delivery(channel: string): ChannelDelivery {
    const known = this.#known(channel);
    if (known) return known;
    const { hub } = this.#session.host;
    const delivery = new ChannelDelivery(hub, this.#session, channel);
    this.#deliveries = [...this.#deliveries, delivery];
    return delivery;
  }

  /** Adds a grant whose key no other grant has. */
  #add(grant: Grant): void {
    this.#grants = [...this.#grants, grant];
    if (this.#counts) this.#counts.add(grant.topics);
    else if (this.#grants.length > FEW) this.#counts = this.#held();
  }

  /** Removes a grant; returns the topics that no grant has any more. */
  #remove(grant: Grant): TopicClaim[] {
    const gone = this.#held().remove(grant.topics);
    this.#grants = this.#grants.filter((one) => one !== grant);
    // At half of what begins the counting, so that the next grant doesn't begin it again.
    if (this.#grants.length <= FEW / 2) this.#counts = undefined;
    return gone;
  }

  /** Returns how many grants have each topic. */
  #held(): TopicCounts {
    return this.#counts ??
      new TopicCounts(this.#grants.flatMap(({ topics }) => topics));
  }

  #end(grant: Grant): void {
    if (!this.#grants.includes(grant)) return;
    const gone = this.#remove(grant);
    this.#setTimer();
    this.#stop(gone);
  }

  /** Ends the delivery of topics that no grant has any more. */
  #stop(topics: readonly TopicClaim[]): void {
    const held = this.#held();
    for (const [channel, names] of byChannel(topics)) {
      const delivery = this.#known(channel);
      if (!delivery) continue;
      if (held.hasChannel(channel)) delivery.remove(names);
      else {
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
    let endsAt = Infinity;
    for (const grant of this.#grants) {
      endsAt = Math.min(endsAt, grant.endsAt);
    }
    const left = endsAt - performance.now();
    if (left > 2 * this.#session.host.pingIntervalMs) return;
    this.#timer = setTimeout(() => this.#expire(), Math.max(0, left) + 1);
  }

  #expire(): void {
    const now = performance.now();
    const error = new RealtimeError(
      "token_expired",
      "Cannot go on: the session ended; pass subscribe() a function that gets the next token",
    );
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

function tooMany(limit: string): RealtimeError {
  const message = `Cannot subscribe: a connection may have ${limit}`;
  return new RealtimeError("too_many", message);
}
