import { RealtimeError, type RealtimeErrorCode } from "../protocol/errors.ts";
import { isText } from "../protocol/shape.ts";
import { untilAborted } from "../time/until_aborted.ts";
import type { From } from "../types/token.ts";
import {
  isResponse,
  readRouteResponse,
  TOKEN_ACTION,
} from "./route_response.ts";

/** How long an app or a gateway may take to provide a token, in milliseconds. */
const TOKEN_MS = 30_000;

/** A subscription token as an app provides it, for any type of channel. */
export interface TokenLike {
  readonly channel: unknown;
  readonly topics: readonly string[];
  readonly key?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
  readonly from?: From | undefined;
  /** The only transport that reaches the gateway: one in this process has no sockets. */
  readonly transport?: "sse" | undefined;
}

/** Fields of a token that the caller knows. They take the place of those in the token, so a field MUST NOT be `undefined`. */
export interface TokenContext {
  readonly channel?: unknown;
  readonly topics?: readonly string[];
  readonly apiBaseUrl?: string;
}

/** The credentials of a subscription: first the app's token, later the ticket of its session. */
export interface TokenSource {
  /** The token or ticket to present to the gateway; absent after a refusal, and before the first token. */
  jwt: string | undefined;
  /** The reason for the last refusal. */
  refusal: RealtimeError | undefined;
  /**
   * Asks the app for a token. Concurrent calls share one answer.
   *
   * @throws {RealtimeError} As `readToken`; the last refusal if the app provides no function.
   */
  renew(): Promise<TokenLike>;
}

/** Tells whether the gateway refused the token, so that it may accept another one. */
export function isTokenRefusal({ code }: RealtimeError): boolean {
  return code === "unauthenticated" || code === "invalid_token" ||
    code === "token_expired";
}

/** @param source A token in any form that {@linkcode readToken} takes. */
export function createTokenSource(source: unknown): TokenSource {
  let answer: Promise<TokenLike> | undefined;
  const tokens: TokenSource = {
    jwt: undefined,
    refusal: undefined,
    async renew() {
      // Reading the same token again would not help.
      if (tokens.refusal && typeof source !== "function") throw tokens.refusal;
      try {
        const token = await (answer ??= readToken(source));
        tokens.jwt = token.key;
        return token;
      } finally {
        answer = undefined;
      }
    },
  };
  return tokens;
}

/**
 * Reads a token in any form that an app may have it in: the token, `{ token }`, a `Response` whose JSON is either, only the key where the
 * context has the rest, or a function that returns (a promise of) one of these. Returns a copy, whose fields are read once.
 *
 * @throws {RealtimeError} The function's own error; for another error `timeout` or `network` if it looks like one, else
 * `unauthenticated`; `timeout` after 30 s; the refusal of a response; `unauthenticated` without a key; `invalid_argument` without a channel
 * or topics.
 */
export async function readToken(
  source: unknown,
  context: TokenContext = {},
): Promise<TokenLike> {
  try {
    const answer = await untilAborted(
      readSource(source),
      AbortSignal.timeout(TOKEN_MS),
    );
    return complete(Object(answer).token ?? answer, context);
  } catch (cause) {
    if (cause instanceof RealtimeError) throw cause;
    if (Object(cause).name === "TimeoutError") {
      const message = `${TOKEN_ACTION}: it takes too long`;
      throw new RealtimeError("timeout", message, { cause });
    }
    // fetch() rejects with a TypeError if there is no network.
    const code = cause instanceof TypeError ? "network" : "unauthenticated";
    throw new RealtimeError(code, TOKEN_ACTION, { cause });
  }
}

async function readSource(source: unknown): Promise<unknown> {
  const given = await (typeof source === "function" ? source() : source);
  return isResponse(given) ? await readRouteResponse(given) : given;
}

function complete(given: unknown, context: TokenContext): TokenLike {
  if (!given) throw missing("the token");
  const token = {
    ...Object(isText(given) ? { key: given } : given),
    ...context,
  };
  if (!token.key || !isText(token.key)) throw missing("the token's key");
  // No header can have other characters: the error of `fetch` would quote it.
  if (/[^ -~\xa0-\xff]/.test(token.key)) throw missing("a valid key");
  if (!token.channel) throw missing("the channel", "invalid_argument");
  if (!Array.isArray(token.topics)) {
    throw missing("the list of topics", "invalid_argument");
  }
  return token;
}

/** Makes the error for something that a subscription needs. */
export function missing(
  it: string,
  code: RealtimeErrorCode = "unauthenticated",
): RealtimeError {
  return new RealtimeError(
    code,
    `Cannot subscribe: ${it} is missing; getSubscriptionToken() makes complete tokens`,
  );
}
