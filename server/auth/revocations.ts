import { RealtimeError } from "../../core/protocol/errors.ts";
import { LIMITS } from "../../core/protocol/limits.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type {
  RevocationRecord,
  RevocationStore,
} from "../brokers/revocation_store.ts";
import {
  type Revocation,
  RevocationSet,
  subjectsOf,
} from "./revocation_set.ts";

/** Ends the subscriptions whose tokens match, and returns how many there were. */
export type EndSubscriptions = (
  isRevoked: (claims: TokenClaims) => boolean,
) => number;

/**
 * The revocations that this gateway knows. The broker keeps them and tells of those that other gateways got; this copy answers without
 * a wait, for each token and each message.
 */
export class Revocations {
  readonly #store: RevocationStore;
  readonly #end: EndSubscriptions;
  readonly #known = new RevocationSet();

  constructor(store: RevocationStore, end: EndSubscriptions) {
    this.#store = store;
    this.#end = end;
    store.followRevocations((records) => this.#apply(records));
  }

  /** Waits until the copy has what the broker kept a second ago; throws `unavailable`. */
  current(): MaybePromise<void> {
    return this.#store.awaitRevocations();
  }

  /**
   * Revokes tokens at every gateway. This gateway begins before the broker has answered, so that a broker that can't be reached
   * keeps no one connected here.
   *
   * @returns How many subscriptions ended at this gateway.
   * @throws {RealtimeError} `unavailable` where the broker can't keep it.
   */
  async revoke(revocation: Revocation): Promise<number> {
    const at = Math.floor(Date.now() / 1000);
    const until = at + LIMITS.maxTokenSeconds;
    const records = subjectsOf(revocation)
      .map((subject) => ({ subject, at, until }));
    const ended = this.#apply(records);
    await this.#store.revoke(records);
    return ended;
  }

  /**
   * Tells whether a token was revoked. A token made in the second of the revocation counts as made before it.
   *
   * @param channel A channel that the token is used to publish to. One that publishes everywhere names no channels that could be
   * revoked, so a revocation of this channel stops it only here.
   */
  has(claims: TokenClaims, channel?: string): boolean {
    return this.#known.has(claims) || channel !== undefined &&
        this.#known.hasChannel(channel, claims.iat);
  }

  /** @throws {RealtimeError} `forbidden` for a token that was revoked; see {@linkcode Revocations.has}. */
  require(claims: TokenClaims, channel?: string): void {
    if (this.has(claims, channel)) throw revokedError();
  }

  /** Adds revocations to the copy, and ends what is open because of their tokens. */
  #apply(records: readonly RevocationRecord[]): number {
    const news = new RevocationSet();
    for (const record of records) {
      if (this.#known.add(record)) news.add(record);
    }
    // A session is searched for what is new only, since it was searched for the rest before.
    return news.isEmpty ? 0 : this.#end((claims) => news.has(claims));
  }
}

/** Creates the error for the use of a token that was revoked. */
export function revokedError(): RealtimeError {
  return new RealtimeError("forbidden", "Cannot use the token: it was revoked");
}
