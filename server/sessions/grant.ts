import type { TokenClaims, TopicClaim } from "../../core/protocol/token.ts";
import { sameTopics } from "./topic_sets.ts";

/** The rights that a token gives a session. */
export interface Grant {
  /** The reference of the `sub` frame with the token, if it had one. */
  readonly ref: string | undefined;
  /** The token's topics, without those that were unsubscribed. */
  readonly topics: readonly TopicClaim[];
  readonly claims: TokenClaims;
  /** When the grant ends, by `performance.now()`, which a change of the wall clock does not move. */
  readonly endsAt: number;
}

/** Makes a grant of a verified token's claims. */
export function grantOf(claims: TokenClaims, ref: string | undefined): Grant {
  const endsAt = performance.now() + claims.sexp * 1000 - Date.now();
  return { ref, topics: claims.topics, claims, endsAt };
}

/** Finds the grant that a new token replaces: the one with the same reference or, without a reference, with the same topics. */
export function findGrant(
  grants: readonly Grant[],
  { topics }: TokenClaims,
  ref: string | undefined,
): Grant | undefined {
  return grants.find((grant) =>
    grant.ref === ref &&
    (ref !== undefined || sameTopics(grant.claims.topics, topics))
  );
}
