import type { TokenClaims, TopicClaim } from "../../core/protocol/token.ts";
import { topicsKey } from "./topic_sets.ts";

/** The rights that a token gives a session. */
export class Grant {
  /** The reference of the `sub` frame with the token, if it had one. */
  readonly ref: string | undefined;
  /** The token's topics, without those that were unsubscribed. */
  readonly topics: readonly TopicClaim[];
  readonly claims: TokenClaims;
  /** When the grant ends, by `performance.now()`, which a change of the wall clock does not move. */
  readonly endsAt: number;
  /** Made when it is needed first, which it never is for most connections' only grant. */
  #key: string | undefined;

  constructor(
    claims: TokenClaims,
    ref: string | undefined,
    topics: readonly TopicClaim[] = claims.topics,
  ) {
    this.ref = ref;
    this.topics = topics;
    this.claims = claims;
    this.endsAt = performance.now() + claims.sexp * 1000 - Date.now();
  }

  /** Names the grant: a new token with the same key replaces it. */
  get key(): string {
    return this.#key ??= grantKey(this.claims, this.ref);
  }

  /** Returns the grant for some of its topics. */
  with(topics: readonly TopicClaim[]): Grant {
    return new Grant(this.claims, this.ref, topics);
  }
}

/** Returns the key of the grant that a token makes: its reference or, without a reference, its topics. */
export function grantKey(
  { topics }: TokenClaims,
  ref: string | undefined,
): string {
  return ref === undefined ? `topics ${topicsKey(topics)}` : `ref ${ref}`;
}
