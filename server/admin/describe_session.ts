import type { OpenSessions } from "../sessions/open_sessions.ts";
import type { Session } from "../sessions/session.ts";
import type { SessionAnswer, SessionState } from "./answers.ts";
import { timeOf } from "./time.ts";

/** Describes a session for operators. */
export class SessionDescriber {
  readonly #gateway: string;
  readonly #sessions: OpenSessions;

  /** @param gateway The id of this gateway. */
  constructor(gateway: string, sessions: OpenSessions) {
    this.#gateway = gateway;
    this.#sessions = sessions;
  }

  /** @param most The most subscriptions that are listed, and the most topics of each. */
  describe(session: Session, most: number = Infinity): SessionAnswer {
    const { facts, subscriptions } = session;
    const standings = subscriptions.deliveries
      .map(({ standing }) => standing);
    const { transport, protocol, subject, address, origin } = facts.of(
      session.wire,
    );
    return {
      id: session.id,
      gateway: this.#gateway,
      since: timeOf(facts.since),
      state: stateOf(session),
      transport,
      protocol,
      subject,
      address,
      origin,
      subscriptions: standings.slice(0, most).map((standing) => ({
        ...standing,
        topics: standing.topics.slice(0, most),
      })),
      subscription_count: standings.length,
      behind: standings.reduce((most, { behind }) => Math.max(most, behind), 0),
      queued_bytes: session.queuedBytes,
      last_ping: timeOf(this.#sessions.pingedAt(session)),
      last_heard: timeOf(heardAt(session)),
      last_reason: facts.lastReason,
    };
  }
}

function stateOf({ subscriptions }: Session): SessionState {
  if (subscriptions.tokens.length === 0) return "waiting";
  return subscriptions.deliveries.some(({ isCatchingUp }) => isCatchingUp)
    ? "catching_up"
    : "live";
}

/** Returns when a client was last heard of, in milliseconds since 1970; `undefined` where that isn't known. */
function heardAt({ wire, heardAt }: Session): number | undefined {
  // Only such clients answer pings with frames.
  if (wire !== "ws.v1") return undefined;
  return Date.now() - (performance.now() - heardAt);
}
