import { RealtimeError } from "../../core/protocol/errors.ts";
import { MAX_KEY_TTL } from "../../core/protocol/limits.ts";
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

/** A publisher's idempotency key that is remembered for another time than the broker's own. */
export class TimedKey {
  readonly name: string;
  /** How long it is remembered, in milliseconds. */
  readonly ttlMs: number;

  constructor(name: string, ttlMs: number) {
    this.name = name;
    this.ttlMs = ttlMs;
  }
}

/** An idempotency key: one that a publisher chose, or the gateway's own. */
export type MessageKey = string | TimedKey | GatewayKey;

/** Returns a publisher's key with the time, in seconds, for which it asked; without a time the key stays as it is. */
export function withTtl(
  key: string | undefined,
  ttl: number | undefined,
): string | TimedKey | undefined {
  return key === undefined || ttl === undefined
    ? key
    : new TimedKey(key, ttl * 1000);
}

/**
 * Reads the header `Idempotency-TTL`.
 *
 * @returns Whole seconds; `undefined` without the header.
 * @throws {RealtimeError} `invalid_argument` for anything but a whole number from 1 to {@linkcode MAX_KEY_TTL}.
 */
export function readKeyTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (/^\d+$/.test(text) && seconds >= 1 && seconds <= MAX_KEY_TTL) {
    return seconds;
  }
  throw new RealtimeError(
    "invalid_argument",
    `Cannot publish: "Idempotency-TTL" must be a whole number of seconds from 1 to ${MAX_KEY_TTL}`,
  );
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
  key: MessageKey,
): string {
  if (key instanceof GatewayKey) return `\n${key.name}`;
  return `${topics.join("\n")}\n\n${owner}${nameOf(key)}`;
}

/** Returns the text that the publisher chose as its key. */
export function nameOf(key: string | TimedKey): string {
  return typeof key === "string" ? key : key.name;
}

/** Returns how many milliseconds a key is to be remembered; `undefined` for the broker's own time. */
export function ttlOf(key: MessageKey | undefined): number | undefined {
  return key instanceof TimedKey ? key.ttlMs : undefined;
}
