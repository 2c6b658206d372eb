import type { TokenClaims, TopicClaim } from "../core/token.ts";
import { sameTopics } from "./topics.ts";

/** What a token gave a session. */
export interface Subscription {
  /** The reference of the `sub` frame that brought the token, if it had one. */
  readonly ref: string | undefined;
  /** The token's topics that were not unsubscribed. */
  readonly topics: readonly TopicClaim[];
  readonly claims: TokenClaims;
}

/** The subscription in whose place a token comes: that of the same reference or, without one, of the same topics. */
export function findKnown(
  subscriptions: readonly Subscription[],
  { topics }: TokenClaims,
  ref: string | undefined,
): Subscription | undefined {
  return subscriptions.find((known) =>
    known.ref === ref &&
    (ref !== undefined || sameTopics(known.claims.topics, topics))
  );
}
