import { RealtimeError } from "./errors.ts";

/** A subscription token as an app hands it out, of whatever type its channel is. */
export interface TokenLike {
  readonly channel: unknown;
  readonly topics: readonly string[];
  readonly key?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
}

/** Asks the app for a token. */
export type AskForToken = () => TokenLike | PromiseLike<TokenLike>;

/** What a subscription presents to the gateway. */
export interface TokenSource {
  /** What to present: the token, later the session's ticket; nothing after a refusal. */
  jwt?: string | undefined;
  /** Why the last was refused. */
  refusal: RealtimeError;
  /** When the app was last asked for one that was not accepted since. */
  askedAt: number;
  /**
   * Asks the app for a token; all who wait for one share the answer.
   *
   * @throws {RealtimeError} The app's own; else `network` where it looks like one, `unauthenticated` for any other; the last refusal where
   * nobody can be asked, or was asked just now.
   */
  renew(): Promise<TokenLike>;
}

/** A token this young that is refused would be refused again, so the app is not asked for another. */
const YOUNG_MS = 10_000;

/** @param source A token, or what gives one. */
export function createTokenSource(
  source: TokenLike | AskForToken,
): TokenSource {
  let answer: ReturnType<AskForToken> | undefined;
  const tokens: TokenSource = {
    jwt: (source as TokenLike).key,
    refusal: new RealtimeError("unauthenticated", "The token has no key"),
    askedAt: 0,
    async renew() {
      if (
        typeof source !== "function" || Date.now() - tokens.askedAt < YOUNG_MS
      ) throw tokens.refusal;
      try {
        const token = await (answer ??= source());
        tokens.jwt = token.key;
        tokens.askedAt = Date.now();
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
