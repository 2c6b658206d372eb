import { RealtimeError } from "../../core/protocol/errors.ts";
import { LIMITS } from "../../core/protocol/limits.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";

/** Which tokens to revoke: those that match one of these, and were made until now. */
export interface Revocation {
  /** The user that tokens name. */
  readonly sub?: string | undefined;
  /** One token, with the tickets made from it. */
  readonly jti?: string | undefined;
  /** A channel that tokens name, to read it or to publish there. */
  readonly channel?: string | undefined;
}

const PRUNE_AT = 1000;

function keysOf({ sub, jti, channel }: Revocation): string[] {
  return [
    ...(sub === undefined ? [] : [`sub ${sub}`]),
    ...(jti === undefined ? [] : [`jti ${jti}`]),
    ...(channel === undefined ? [] : [`channel ${channel}`]),
  ];
}

/** What was revoked and could still be used: remembered as long as the longest token lives. */
export class Revocations {
  /** Unix seconds of the revocation, in the order in which they came. */
  readonly #at = new Map<string, number>();

  /** Remembers a revocation. */
  add(revocation: Revocation, now: number = Date.now()): void {
    if (this.#at.size >= PRUNE_AT) this.#prune(now);
    for (const key of keysOf(revocation)) {
      this.#at.delete(key);
      this.#at.set(key, Math.floor(now / 1000));
    }
  }

  /** Whether a token was revoked. One made in the second of the revocation counts as older. */
  has({ sub, jti, topics, publish = [], iat }: TokenClaims): boolean {
    if (this.#at.size === 0) return false;
    const grants = publish === true ? topics : [...topics, ...publish];
    const channels = new Set(grants.map(({ channel }) => channel));
    const keys = [
      ...keysOf({ sub, jti }),
      ...[...channels].flatMap((channel) => keysOf({ channel })),
    ];
    return keys.some((key) => iat <= (this.#at.get(key) ?? -1));
  }

  /** @throws {RealtimeError} `forbidden` for a token that was revoked. */
  check(claims: TokenClaims): TokenClaims {
    if (this.has(claims)) {
      throw new RealtimeError("forbidden", "The token was revoked");
    }
    return claims;
  }

  #prune(now: number): void {
    const oldest = now / 1000 - LIMITS.maxTokenSeconds;
    for (const [key, at] of this.#at) {
      if (at > oldest) break;
      this.#at.delete(key);
    }
  }
}
