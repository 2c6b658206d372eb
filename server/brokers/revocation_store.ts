import type { MaybePromise } from "../../core/types/realtime.ts";

/** A revocation of tokens, for a broker to keep. What its tokens have in common is known to gateways only. */
export interface RevocationRecord {
  /** Names the tokens by what they have in common, as text of any length and content. */
  readonly subject: string;
  /** Unix seconds: tokens that were made until then are revoked. */
  readonly at: number;
  /** Unix seconds until which such a token may be valid. The revocation can be forgotten afterwards. */
  readonly until: number;
}

/** Gets revocations. It may get one more than once. */
export type RevocationListener = (
  revocations: readonly RevocationRecord[],
) => void;

/**
 * Keeps revocations of tokens, and tells every gateway of them.
 *
 * A gateway accepts a token only after {@linkcode RevocationStore.awaitRevocations}, so a store that can't be reached keeps tokens out.
 */
export interface RevocationStore {
  /**
   * Keeps revocations until their `until`. It MUST resolve only when every gateway will get them, those that start later too. A broker
   * whose data outlive its gateways MUST keep them there. When it rejects with `unavailable`, they may be kept or not.
   */
  revoke(revocations: readonly RevocationRecord[]): MaybePromise<void>;

  /**
   * Starts to tell a gateway of revocations. The listener MUST get all that are kept, then every new one within a second, those of its
   * own gateway too. A gateway calls it once, when it starts. The broker MUST go on after it could not be reached.
   */
  followRevocations(listener: RevocationListener): void;

  /**
   * Waits until the listener has every revocation that was kept a second ago or earlier. It MUST reject with `unavailable` in bounded
   * time when that can't be known. It is called for each token; a broker that need not wait returns no promise.
   */
  awaitRevocations(): MaybePromise<void>;
}
