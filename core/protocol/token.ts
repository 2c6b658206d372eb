import {
  errors,
  type JWTClaimVerificationOptions,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import { RealtimeError } from "./errors.ts";
import { LIMITS } from "./limits.ts";
import { checkName, isName } from "./names.ts";
import { deriveTokenKey } from "./signing_key.ts";

/** A topic of a channel, as tokens name it. */
export interface TopicClaim {
  /** The channel's name. */
  readonly channel: string;
  /** The topic's name. */
  readonly name: string;
}

/** What a token is for; one kind is never taken for another. */
export type TokenUse = "subscribe" | "publish" | "ticket";

/** What a valid token says. */
export interface TokenClaims {
  readonly use: TokenUse;
  /** Topics that it subscribes to; empty for `publish`. */
  readonly topics: readonly TopicClaim[];
  /** Topics that it may publish to, `true` for every one, absent for none. */
  readonly publish?: true | readonly TopicClaim[];
  /** The user, if the app named one. */
  readonly sub?: string;
  /** A unique id of the token; a ticket has that of the token it came from. */
  readonly jti: string;
  /** Unix seconds at which it was made. */
  readonly iat: number;
  /** Unix seconds until which it opens a connection. */
  readonly exp: number;
  /** Unix seconds until which the session lasts. */
  readonly sexp: number;
}

/** What {@linkcode mintToken} takes. */
export interface MintOptions {
  /**
   * What the token is for.
   *
   * @default {"subscribe"}
   */
  use?: TokenUse;
  /** Topics that it subscribes to: 1 to 128, none only with `use: "publish"`. */
  topics: readonly TopicClaim[];
  /**
   * Seconds in which it must be used to connect, at most a day.
   *
   * @default {60}
   */
  expiresIn?: number;
  /**
   * Seconds that the session lasts, at most a day.
   *
   * @default {3600}
   */
  sessionExpiresIn?: number;
  /** Topics that it may publish to, `true` for every one. */
  publish?: true | readonly TopicClaim[];
  /** The user. */
  sub?: string;
  /** The token's id; a random one by default. */
  jti?: string;
}

const keys = new Map<string, Promise<CryptoKey>>();

function tokenKey(signingKey: string): Promise<CryptoKey> {
  let key = keys.get(signingKey);
  if (!key) {
    key = importTokenKey(signingKey);
    keys.set(signingKey, key);
  }
  return key;
}

/** jose takes bytes too, but imports them for every token. */
async function importTokenKey(signingKey: string): Promise<CryptoKey> {
  const bytes = await deriveTokenKey(signingKey);
  return await crypto.subtle.importKey(
    "raw",
    new Uint8Array(bytes),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign", "verify"],
  );
}

function checkLifetime(name: string, seconds: number): number {
  if (!(seconds > 0 && seconds <= LIMITS.maxTokenSeconds)) {
    throw new RangeError(
      `Cannot mint a token: "${name}" is ${seconds}, it must be more than 0 and at most ${LIMITS.maxTokenSeconds} seconds`,
    );
  }
  return seconds;
}

function checkTopics(
  topics: readonly TopicClaim[],
  fewest: number,
): TopicClaim[] {
  if (topics.length < fewest || topics.length > LIMITS.subscriptions) {
    throw new RangeError(
      `Cannot mint a token: it names ${topics.length} topics, it must name ${fewest} to ${LIMITS.subscriptions}`,
    );
  }
  return topics.map(({ channel, name }) => ({
    channel: checkName("channel", channel),
    name: checkName("topic", name),
  }));
}

/**
 * Makes a token, without asking the gateway.
 *
 * @param signingKey The key that the gateway has too.
 * @throws {RealtimeError} `invalid_name` for a name that no channel or topic can have.
 * @throws {RangeError} For a lifetime or a number of topics that is not allowed.
 */
export async function mintToken(
  signingKey: string,
  options: MintOptions,
): Promise<string> {
  const { use = "subscribe", topics } = options;
  const expiresIn = checkLifetime(
    "expiresIn",
    options.expiresIn ?? LIMITS.tokenSeconds,
  );
  const session = checkLifetime(
    "sessionExpiresIn",
    options.sessionExpiresIn ?? Math.max(LIMITS.sessionSeconds, expiresIn),
  );
  const now = Math.floor(Date.now() / 1000);
  const payload: JWTPayload = {
    topics: checkTopics(topics, use === "publish" ? 0 : 1)
      .map((topic) => ({ ...topic, kind: "run" })),
    sexp: now + Math.ceil(session),
  };
  if (options.publish !== undefined) {
    payload.publish = options.publish === true ||
      checkTopics(options.publish, 0);
  }
  if (options.sub !== undefined) payload.sub = options.sub;
  return new SignJWT(payload)
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuer("tidings")
    .setAudience(`tidings.${use}`)
    .setIssuedAt(now)
    .setExpirationTime(now + Math.ceil(expiresIn))
    .setJti(options.jti ?? crypto.randomUUID())
    .sign(await tokenKey(signingKey));
}

function readTopics(value: unknown): TopicClaim[] | undefined {
  if (!Array.isArray(value) || value.length > LIMITS.subscriptions) {
    return undefined;
  }
  const topics: TopicClaim[] = [];
  for (const entry of value) {
    const { channel, name } = Object(entry);
    if (!isName(channel) || !isName(name)) return undefined;
    topics.push({ channel, name });
  }
  return topics;
}

/** What jose checks of the claims of a token for one of these uses, besides its times. */
export function claimChecks(
  uses: readonly TokenUse[],
): JWTClaimVerificationOptions {
  return {
    issuer: "tidings",
    audience: uses.map((use) => `tidings.${use}`),
    requiredClaims: ["exp", "iat", "jti"],
  };
}

/**
 * Reads what jose has checked.
 *
 * @throws {RealtimeError} `invalid_token` where something is missing or not allowed.
 */
export function readClaims(
  payload: JWTPayload,
  uses: readonly TokenUse[],
): TokenClaims {
  const { exp, iat, jti, sub, sexp = exp } = payload;
  const use = uses.find((use) => `tidings.${use}` === payload.aud);
  const topics = readTopics(payload.topics);
  const publish = payload.publish === undefined || payload.publish === true
    ? payload.publish
    : readTopics(payload.publish);
  const whole = use !== undefined && exp !== undefined && iat !== undefined &&
    typeof jti === "string" && typeof sexp === "number" && topics &&
    (payload.publish === undefined || publish !== undefined) &&
    (sub === undefined || typeof sub === "string") &&
    (use === "publish" || topics.length > 0);
  if (!whole) {
    throw new RealtimeError(
      "invalid_token",
      "Cannot use the token: its claims are incomplete",
    );
  }
  if (Math.max(exp, sexp) - iat > LIMITS.maxTokenSeconds) {
    throw new RealtimeError(
      "invalid_token",
      "Cannot use the token: it lasts longer than 24 hours",
    );
  }
  return {
    use,
    topics,
    jti,
    iat,
    exp,
    sexp,
    ...(publish === undefined ? {} : { publish }),
    ...(sub === undefined ? {} : { sub }),
  };
}

/**
 * Checks a token: its signature with any of the keys, its algorithm, type, issuer, audience and times.
 *
 * @param signingKeys The current key and, while keys are rotated, the one before.
 * @param uses What it may be for.
 * @throws {RealtimeError} `token_expired` or `invalid_token`.
 */
export async function verifyToken(
  signingKeys: readonly string[],
  jwt: string,
  uses: readonly TokenUse[],
): Promise<TokenClaims> {
  let problem: unknown;
  for (const signingKey of signingKeys) {
    try {
      const { payload } = await jwtVerify(jwt, await tokenKey(signingKey), {
        ...claimChecks(uses),
        algorithms: ["HS256"],
        typ: "JWT",
      });
      return readClaims(payload, uses);
    } catch (error) {
      if (error instanceof RealtimeError) throw error;
      problem ??= error;
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) {
        problem = error;
        break;
      }
    }
  }
  if (problem instanceof errors.JWTExpired) {
    throw new RealtimeError(
      "token_expired",
      "Cannot use the token: it expired",
    );
  }
  // jose's own messages name claims and algorithms, never the token or its content.
  const reason = problem instanceof errors.JOSEError
    ? problem.message
    : "it is not a JWT of this gateway";
  throw new RealtimeError("invalid_token", `Cannot use the token: ${reason}`);
}
