import type { From } from "../types/token.ts";
import { RealtimeError } from "../protocol/errors.ts";

/** A subscription token as an app hands it out, of whatever type its channel is. */
export interface TokenLike {
  readonly channel: unknown;
  readonly topics: readonly string[];
  readonly key?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
  /** How a gateway of this process is reached, which has no sockets. */
  readonly from?: From | undefined;
  readonly transport?: "sse";
}

/** Asks the app for a token. */
export type AskForToken = () => TokenLike | PromiseLike<TokenLike>;

/** What a subscription presents to the gateway. */
export interface TokenSource {
  /** What to present: the token, later the session's ticket; nothing after a refusal. */
  jwt?: string | undefined;
  /** Why the last was refused. */
  refusal: RealtimeError;
  /**
   * Asks the app for a token; all who wait for one share the answer.
   *
   * @throws {RealtimeError} The app's own; else `network` where it looks like one, `unauthenticated` for any other; the last refusal where
   * nobody can be asked.
   */
  renew(): Promise<TokenLike>;
}

/** @param source A token, or what gives one. */
export function createTokenSource(
  source: TokenLike | AskForToken,
): TokenSource {
  let answer: ReturnType<AskForToken> | undefined;
  const tokens: TokenSource = {
    jwt: (source as TokenLike).key,
    refusal: new RealtimeError("unauthenticated", "The token has no key"),
    async renew() {
      if (typeof source !== "function") throw tokens.refusal;
      try {
        const token = await (answer ??= source());
        if (!token?.key) throw tokens.refusal;
        tokens.jwt = token.key;
        return token;
      } catch (cause) {
        throw cause instanceof RealtimeError ? cause : new RealtimeError(
          // What fetch() rejects with where there is no network.
          cause instanceof TypeError ? "network" : "unauthenticated",
          "Cannot get a token",
          { cause },
        );
      } finally {
        answer = undefined;
      }
    },
  };
  return tokens;
}
