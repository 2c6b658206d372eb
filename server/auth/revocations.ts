import { LIMITS } from "../../core/protocol/limits.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";

/** The tokens to revoke: all that match one of the fields and were made until now. */
export interface Revocation {
  /** The user of the tokens. */
  readonly sub?: string | undefined;
  /** The id of one token; the tickets made from it have the same id. */
  readonly jti?: string | undefined;
  /** A channel that the tokens subscribe or publish to. */
  readonly channel?: string | undefined;
}

/** Entries from which on outdated ones are removed. */
const PRUNE_AT = 1000;

function keysOf(revocation: Revocation): string[] {
  return Object.entries(revocation)
    .filter(([, value]) => value !== undefined)
    .map(([field, value]) => `${field} ${value}`);
}

/** Remembers revocations for as long as the revoked tokens could still be valid. */
export class Revocations {
  /** Unix seconds of each revocation, oldest first. */
  readonly #at = new Map<string, number>();

  add(revocation: Revocation, now: number = Date.now()): void {
    if (this.#at.size >= PRUNE_AT) this.#prune(now);
    for (const key of keysOf(revocation)) {
      this.#at.delete(key);
      this.#at.set(key, Math.floor(now / 1000));
    }
  }

  /** Tells whether a token was revoked. A token made in the second of the revocation counts as made before it. */
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

  #prune(now: number): void {
    const oldest = now / 1000 - LIMITS.maxTokenSeconds;
    for (const [key, at] of this.#at) {
      if (at > oldest) break;
      this.#at.delete(key);
    }
  }
}
