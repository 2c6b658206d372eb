import type { TokenClaims } from "../../core/protocol/token.ts";

/** Maximum length of an idempotency key. */
export const KEY_LENGTH = 255;

/** An idempotency key that only the gateway makes, so that no publisher's key can equal it. */
export class GatewayKey {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

/** The publisher that chose a key: the server, a user, or a token that names no user. */
export type KeyOwner = string;

/** The owner of the keys of all that publish with the signing key. */
export const SERVER: KeyOwner = "s";

/** Returns the owner of a client's keys: its user, so that keys outlive a token, or else its token. */
export function clientOwner({ sub, jti }: TokenClaims): KeyOwner {
  // The end of a JSON string shows where the owner ends, whatever it contains.
  return sub === undefined
    ? `t${JSON.stringify(jti)}`
    : `u${JSON.stringify(sub)}`;
}

/**
 * Returns the key by which the broker knows a message again. A publisher's key counts for that publisher and these topics only.
 *
 * No two keys have the same form: names have no line breaks, so an empty line ends the list of topics, and a key of the gateway, which
 * begins with a line break, begins with no topic.
 */
export function composeKey(
  owner: KeyOwner,
  topics: readonly string[],
  key: string | GatewayKey,
): string {
  return typeof key === "string"
    ? `${topics.join("\n")}\n\n${owner}${key}`
    : `\n${key.name}`;
}
