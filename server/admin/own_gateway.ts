import { RealtimeError } from "../../core/protocol/errors.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { OpenSessions } from "../sessions/open_sessions.ts";
import type { Session } from "../sessions/session.ts";
import type { RefusalAnswer } from "./answers.ts";
import type { ChannelActivity } from "./channel_activity.ts";
import { SessionDescriber } from "./describe_session.ts";
import type {
  Answers,
  ChannelPart,
  Questions,
  SessionFilter,
  SessionPart,
  SessionPlace,
} from "./exchanges.ts";
import type { Answering } from "./gateways.ts";
import { compareChannels, type ListedChannel } from "./list_order.ts";
import type { LiveFeed } from "./live_feed.ts";
import type { RecentRefusals } from "./recent_refusals.ts";

/** Most channels of an index, and most characters of their names. */
const INDEX = { channels: 20_000, characters: 2_000_000 } as const;

/** Most characters of a page of sessions. A page that has as many ends early. */
const PAGE_CHARACTERS = 1_000_000;

/** Most subscriptions that a session has in a list, and topics of each. */
const LISTED = 10;

/** The parts of the gateway that an operator can see. */
export interface OwnGatewayHost {
  /** The id of this gateway. */
  readonly id: string;
  readonly sessions: OpenSessions;
  readonly hub: Hub;
  readonly activity: ChannelActivity;
  readonly refusals: RecentRefusals;
  readonly events: LiveFeed;
  readonly messages: LiveFeed;
  overview(): Promise<Answers["overview"]>;
}

/** Answers what an operator asks about this gateway, whether they asked it or another one. */
export class OwnGateway implements Answering {
  readonly #host: OwnGatewayHost;
  readonly #describer: SessionDescriber;

  constructor(host: OwnGatewayHost) {
    this.#host = host;
    this.#describer = new SessionDescriber(host.id, host.sessions);
  }

  readonly overview = (): Promise<Answers["overview"]> => this.#host.overview();

  readonly index = (
    { sort, search = "" }: Questions["index"],
  ): Answers["index"] => {
    const { hub, activity } = this.#host;
    const names = activity.names();
    for (const channel of hub.channels()) names.add(channel);
    const part = search.toLowerCase();
    const found = part === ""
      ? [...names]
      : [...names].filter((name) => name.toLowerCase().includes(part));
    const channels = found.map((name): ListedChannel =>
      sort
        ? [
          name,
          hub.get(name)?.subscribers.get("") ?? 0,
          activity.rate(name),
        ]
        : [name, 0, 0]
    );
    let characters = 0;
    const isWithin = ([name]: ListedChannel, index: number): boolean => {
      characters += name.length;
      return index < INDEX.channels && characters < INDEX.characters;
    };
    if (sort) channels.sort((a, b) => compareChannels(sort, a, b));
    return {
      channels: channels.filter(isWithin),
      total: channels.length,
    };
  };

  readonly channels = (
    { names, topics: most }: Questions["channels"],
  ): ChannelPart[] => {
    const { hub, activity } = this.#host;
    return names.map((name) => {
      const counts = hub.get(name)?.subscribers ?? new Map<string, number>();
      const known = [...counts.keys(), ...activity.topics(name)];
      const topics = [...new Set(known)].filter((topic) => topic !== "")
        .sort().slice(0, most);
      return {
        name,
        subscribers: counts.get("") ?? 0,
        rate: activity.rate(name),
        topics: topics.map((topic) => [topic, counts.get(topic) ?? 0]),
      };
    });
  };

  readonly sessions = (
    { after, limit, ...filter }: Questions["sessions"],
  ): SessionPart => {
    const all = this.#host.sessions.all()
      .filter((session) => matches(session, filter)).sort(newestFirst);
    const rest = after ? all.filter((session) => isAfter(session, after)) : all;
    const sessions = [];
    let characters = 0;
    for (const session of rest) {
      if (sessions.length >= limit || characters > PAGE_CHARACTERS) break;
      const description = this.#describer.describe(session, LISTED);
      characters += JSON.stringify(description).length;
      sessions.push(description);
    }
    const isMore = sessions.length < rest.length;
    return { sessions, total: all.length, isMore };
  };

  readonly session = ({ id }: Questions["session"]): Answers["session"] => {
    const session = this.#host.sessions.find(id);
    return { session: session && this.#describer.describe(session) };
  };

  readonly end = ({ id }: Questions["end"]): Answers["end"] => {
    const session = this.#host.sessions.find(id);
    const message = "An operator ended the session";
    session?.refuse(new RealtimeError("forbidden", message));
    return { ended: session !== undefined };
  };

  readonly refusals = (
    client: Questions["refusals"],
  ): RefusalAnswer[] => this.#host.refusals.of(client);

  readonly watch = (
    { events, messages }: Questions["watch"],
    from: string,
  ): Answers["watch"] => {
    const { id, events: eventFeed, messages: messageFeed } = this.#host;
    if (from !== id) {
      eventFeed.watchedBy(from, events);
      messageFeed.watchedBy(from, messages);
    }
    return {};
  };
}

/** Compares two sessions as `compareSessions` does, without making texts of all of them, which takes a few milliseconds. */
function newestFirst(a: Session, b: Session): number {
  return b.facts.since - a.facts.since || (a.id < b.id ? 1 : -1);
}

function isAfter(session: Session, { since, id }: SessionPlace): boolean {
  const difference = Date.parse(since) - session.facts.since;
  return difference > 0 || difference === 0 && session.id < id;
}

function matches(
  { facts, subscriptions }: Session,
  { channel, subject, jti }: SessionFilter,
): boolean {
  if (
    channel !== undefined &&
    !subscriptions.deliveries.some((delivery) => delivery.channel === channel)
  ) return false;
  if (
    subject !== undefined && facts.subject !== subject &&
    !subscriptions.tokens.some(({ sub }) => sub === subject)
  ) return false;
  return jti === undefined ||
    subscriptions.tokens.some((claims) => claims.jti === jti);
}
