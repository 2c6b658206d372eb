import type { TokenClaims, TopicClaim } from "../../core/protocol/token.ts";
import { sameTopics } from "./topic_sets.ts";

/** What a token gave a session. */
export interface Grant {
  /** The reference of the `sub` frame that brought the token, if it had one. */
  readonly ref: string | undefined;
  /** The token's topics that were not unsubscribed. */
  readonly topics: readonly TopicClaim[];
  readonly claims: TokenClaims;
  /** When its session ends, by `performance.now()`: were the wall clock set, it would end too soon or too late. */
  readonly endsAt: number;
}

/** What a verified token gives, as of now. */
export function grant(
  claims: TokenClaims,
  ref: string | undefined,
): Grant {
  const left = claims.sexp * 1000 - Date.now();
  const endsAt = performance.now() + left;
  return { ref, topics: claims.topics, claims, endsAt };
}

/** The subscription in whose place a token comes: that of the same reference or, without one, of the same topics. */
export function findGrant(
  subscriptions: readonly Grant[],
  { topics }: TokenClaims,
  ref: string | undefined,
): Grant | undefined {
  return subscriptions.find((known) =>
    known.ref === ref &&
    (ref !== undefined || sameTopics(known.claims.topics, topics))
  );
}
