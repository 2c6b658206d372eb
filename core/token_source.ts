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

/** What a subscription presents to the gateway: its token, then the session's ticket, then a new token. */
export interface TokenSource {
  /**
   * Asks the app for a token.
   *
   * @throws {RealtimeError} The app's own; else `network` where it looks like one, `unauthenticated` for any other refusal.
   */
  renew(): Promise<TokenLike>;
  /**
   * What to present now.
   *
   * @param asking Called when that takes asking the app.
   * @throws {RealtimeError} When there is nothing left to present.
   */
  present(asking: () => void): Promise<string>;
  /** What was presented was accepted, and this ticket takes its place until the session ends. */
  accepted(ticket: string): void;
  /** What was presented was refused: it isn't presented again. */
  refused(presented: string | undefined, refusal: RealtimeError): void;
}

/** A token this young that is refused would be refused again, so the app is not asked for another. */
const YOUNG_MS = 10_000;

/** Questions that wait for an answer: all who ask the same function share it. */
const pending = new Map<AskForToken, Promise<TokenLike>>();

async function askApp(ask: AskForToken): Promise<TokenLike> {
  try {
    return await ask();
  } catch (cause) {
    throw cause instanceof RealtimeError ? cause : new RealtimeError(
      // What fetch() rejects with where there is no network.
      cause instanceof TypeError ? "network" : "unauthenticated",
      "Cannot get a token",
      { cause },
    );
  } finally {
    pending.delete(ask);
  }
}

/** @param source A token, or what gives one. */
export function createTokenSource(
  source: TokenLike | AskForToken,
): TokenSource {
  const ask = typeof source === "function" ? source : undefined;
  let jwt = typeof source === "function" ? undefined : source.key;
  let askedAt = 0;
  let refusal = new RealtimeError(
    "unauthenticated",
    "Cannot subscribe: the token has no key",
  );

  async function renew(): Promise<TokenLike> {
    if (!ask || Date.now() - askedAt < YOUNG_MS) throw refusal;
    let answer = pending.get(ask);
    if (!answer) pending.set(ask, answer = askApp(ask));
    const token = await answer;
    jwt = token?.key;
    askedAt = Date.now();
    return token;
  }

  return {
    renew,
    async present(asking) {
      if (!jwt) {
        asking();
        await renew();
      }
      if (!jwt) throw refusal;
      return jwt;
    },
    accepted(ticket) {
      jwt = ticket;
      askedAt = 0;
    },
    refused(presented, error) {
      if (presented !== jwt) return;
      jwt = undefined;
      refusal = error;
    },
  };
}
