import { RealtimeError } from "../protocol/errors.ts";
import type { From } from "../types/token.ts";

/** A subscription token as an app provides it, for any type of channel. */
export interface TokenLike {
  readonly channel: unknown;
  readonly topics: readonly string[];
  readonly key?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
  readonly from?: From | undefined;
  /** The only transport that reaches the gateway: one in this process has no sockets. */
  readonly transport?: "sse";
}

/** The app's function that provides a token. */
export type AskForToken = () => TokenLike | PromiseLike<TokenLike>;

/** The credentials of a subscription: first the app's token, later the ticket of its session. */
export interface TokenSource {
  /** The token or ticket to present to the gateway; absent after a refusal. */
  jwt: string | undefined;
  /** The reason for the last refusal. */
  refusal: RealtimeError;
  /**
   * Asks the app for a token. Concurrent calls share one answer.
   *
   * @throws {RealtimeError} The app's own error; for another error `network` if it looks like one, else `unauthenticated`; the last refusal
   * if the app provides no function.
   */
  renew(): Promise<TokenLike>;
}

/** Tells whether the gateway refused the token, so that it may accept another one. */
export function isTokenRefusal({ code }: RealtimeError): boolean {
  return code === "unauthenticated" || code === "invalid_token" ||
    code === "token_expired";
}

/** @param source A token, or the function that provides one. */
export function createTokenSource(
  source: TokenLike | AskForToken,
): TokenSource {
  let answer: ReturnType<AskForToken> | undefined;
  const tokens: TokenSource = {
    jwt: typeof source === "function" ? undefined : source.key,
    refusal: new RealtimeError(
      "unauthenticated",
      "Cannot subscribe: the token has no key",
    ),
    async renew() {
      if (typeof source !== "function") throw tokens.refusal;
      try {
        const token = await (answer ??= source());
        if (!token?.key) throw tokens.refusal;
        tokens.jwt = token.key;
        return token;
      } catch (cause) {
        if (cause instanceof RealtimeError) throw cause;
        // fetch() rejects with a TypeError if there is no network.
        const code = cause instanceof TypeError ? "network" : "unauthenticated";
        throw new RealtimeError(code, "Cannot get a token", { cause });
      } finally {
        answer = undefined;
      }
    },
  };
  return tokens;
}
