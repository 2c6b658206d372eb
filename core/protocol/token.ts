import { type Duration, invalidArgument } from "./duration.ts";
import { RealtimeError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { checkName, isName } from "./names.ts";
import { OptionReader } from "./option_reader.ts";
import type { JsonObject } from "./shape.ts";

/** The name of a topic of a channel in a token. */
export interface TopicClaim {
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly name: string;
}

/** The purpose of a token. A token for one purpose is never accepted for another. */
export type TokenUse = "subscribe" | "publish" | "ticket";

/** The claims of a valid token. */
export interface TokenClaims {
  readonly use: TokenUse;
  /** The topics that it subscribes to; empty for `publish`. */
  readonly topics: readonly TopicClaim[];
  /** The topics that it may publish to: `true` for every topic, absent for none. */
  readonly publish?: true | readonly TopicClaim[];
  /** The topics whose data streams it may stop, in the same form. */
  readonly stop?: true | readonly TopicClaim[];
  /** The user, if the app named one. */
  readonly sub?: string;
  /** The token's unique id. A ticket keeps the id of the token that it was made from. */
  readonly jti: string;
  /** Unix seconds at which the token was made. */
  readonly iat: number;
  /** Unix seconds until which the token opens a connection. */
  readonly exp: number;
  /** Unix seconds until which the session lasts. */
  readonly sexp: number;
}

/** Options of a new token. */
export interface MintOptions {
  /** The purpose of the token; `subscribe` by default. */
  use?: TokenUse | undefined;
  /** The topics that it subscribes to: 1 to 128 of them, or none with `use: "publish"`. */
  topics: readonly TopicClaim[];
  /** How long the token can be used to connect: 60 seconds by default, at most a day. */
  expiresIn?: Duration | undefined;
  /** How long the session lasts: an hour by default, at most a day. */
  sessionExpiresIn?: Duration | undefined;
  /** The topics that it may publish to, `true` for every topic. */
  publish?: TokenClaims["publish"] | undefined;
  /** The topics whose data streams it may stop, `true` for every topic. */
  stop?: TokenClaims["stop"] | undefined;
  /** The user. */
  sub?: string | undefined;
  /** The token's id; a random one by default. */
  jti?: string | undefined;
}

/** The payload of a JWT: a JSON object. */
export type TokenPayload = JsonObject;

/** The header of every token. */
export const TOKEN_HEADER = { alg: "HS256", typ: "JWT" } as const;

const ISSUER = "tidings";

function audienceOf(use: TokenUse): string {
  return `tidings.${use}`;
}

/**
 * Creates the claims of a new token.
 *
 * @throws {RealtimeError} `invalid_name` for a name that no channel or topic can have, `invalid_argument` for a lifetime or a number of topics
 * that is not allowed.
 */
export function createClaims(options: MintOptions): TokenClaims {
  const { use = "subscribe", topics, publish, stop, sub } = options;
  const read = new OptionReader("Cannot mint a token", options);
  const expiresMs = read.ms("expiresIn", LIMITS.tokenSeconds, "1d");
  const sessionS = Math.max(LIMITS.sessionSeconds, expiresMs / 1000);
  const sessionMs = read.ms("sessionExpiresIn", sessionS, "1d");
  const now = Math.floor(Date.now() / 1000);
  return {
    use,
    topics: checkTopics(topics, use === "publish" ? 0 : 1),
    publish: checkGranted(publish),
    stop: checkGranted(stop),
    sub,
    jti: options.jti ?? crypto.randomUUID(),
    iat: now,
    exp: now + Math.ceil(expiresMs / 1000),
    sexp: now + Math.ceil(sessionMs / 1000),
  };
}

/**
 * Creates the claims of a ticket: a token's rights, user and id, valid until its session ends. It also has the token's time, so that
 * a revocation of the token includes every ticket that was made from it, before or after.
 */
export function createTicketClaims(claims: TokenClaims): TokenClaims {
  return { ...claims, use: "ticket", exp: claims.sexp };
}

/** Returns the payload that is signed for some claims; {@linkcode readClaims} reads it. */
export function toPayload(claims: TokenClaims): TokenPayload {
  const { use, topics, ...others } = claims;
  return {
    iss: ISSUER,
    aud: audienceOf(use),
    topics: topics.map((topic) => ({ ...topic, kind: "run" })),
    ...others,
  };
}

/**
 * Checks the payload of a token whose signature is right: issuer, audience, times and everything else.
 *
 * @param uses The purposes of which the token must have one.
 * @throws {RealtimeError} `invalid_token` where a claim is missing or not allowed, `token_expired`.
 */
export function readClaims(
  payload: TokenPayload,
  uses: readonly TokenUse[],
): TokenClaims {
  const { iss, aud, jti, sub, iat, exp, nbf, sexp = exp } = payload;
  const use = uses.find((use) => aud === audienceOf(use));
  if (iss !== ISSUER) throw invalidToken("its issuer is not Tidings");
  if (use === undefined) throw invalidToken("it was made for another use");
  if (!isTime(iat) || !isTime(exp) || !isTime(sexp)) {
    throw invalidToken("a time is missing or malformed");
  }
  if (typeof jti !== "string") throw invalidToken("it has no id");
  if (sub !== undefined && typeof sub !== "string") {
    throw invalidToken("its user is malformed");
  }
  const topics = readTopics(payload.topics);
  if (!topics || (topics.length === 0 && use !== "publish")) {
    throw invalidToken("its topics are missing or malformed");
  }
  const publish = readGranted(payload.publish, "that it publishes to");
  const stop = readGranted(payload.stop, "whose streams it stops");
  const now = Math.floor(Date.now() / 1000);
  if (nbf !== undefined && !(isTime(nbf) && nbf <= now)) {
    throw invalidToken("it is not valid yet");
  }
  const ago = Math.floor(now - Math.min(exp, sexp));
  if (ago >= 0) {
    throw new RealtimeError(
      "token_expired",
      `Cannot use the token: it expired ${ago} s ago; get a new one, best by passing subscribe() a function`,
    );
  }
  if (Math.max(exp, sexp) - iat > LIMITS.maxTokenSeconds) {
    throw invalidToken("it lasts longer than 24 hours");
  }
  return {
    use,
    topics,
    jti,
    iat,
    exp,
    sexp,
    ...publish !== undefined && { publish },
    ...stop !== undefined && { stop },
    ...sub !== undefined && { sub },
  };
}

/** Creates the error for a token that can't be accepted. */
export function invalidToken(problem: string): RealtimeError {
  return new RealtimeError(
    "invalid_token",
    `Cannot use the token: ${problem}`,
  );
}

function checkTopics(
  topics: readonly TopicClaim[],
  fewest: number,
): TopicClaim[] {
  if (topics.length < fewest || topics.length > LIMITS.subscriptions) {
    throw invalidArgument(
      `Cannot mint a token: it names ${topics.length} topics, it must name ${fewest} to ${LIMITS.subscriptions}`,
    );
  }
  return topics.map(({ channel, name }) => ({
    channel: checkName("channel", channel),
    name: checkName("topic", name),
  }));
}

function checkGranted(granted: TokenClaims["publish"]) {
  return granted === undefined || granted === true
    ? granted
    : checkTopics(granted, 0);
}

function readTopics(value: unknown): TopicClaim[] | undefined {
  if (!Array.isArray(value) || value.length > LIMITS.subscriptions) {
    return undefined;
  }
  const topics: TopicClaim[] = [];
  for (const entry of value) {
    const { channel, name }: JsonObject = Object(entry);
    if (!isName(channel) || !isName(name)) return undefined;
    topics.push({ channel, name });
  }
  return topics;
}

/** @param which The topics, for the error: `that it publishes to`. */
function readGranted(value: unknown, which: string): TokenClaims["publish"] {
  if (value === undefined || value === true) return value;
  const topics = readTopics(value);
  if (topics) return topics;
  throw invalidToken(`the topics ${which} are malformed`);
}

function isTime(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}
