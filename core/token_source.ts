import { RealtimeError } from "./errors.ts";

/** A subscription token as an app hands it out, of whatever type its channel is. */
export interface TokenLike {
  readonly channel: unknown;
  readonly topics: readonly string[];
  readonly key?: string | undefined;
  readonly apiBaseUrl?: string | undefined;
}

/** Asks the app for a token. */
export type AskForToken = () => TokenLike | Promise<TokenLike>;

/** How often in a row what was presented may be refused, while the app has new tokens. */
const MAX_REFUSALS = 3;

/** Questions that wait for an answer: readers with the same factory share it. */
const asked = new Map<AskForToken, Promise<TokenLike>>();

function askOnce(ask: AskForToken): Promise<TokenLike> {
  let answer = asked.get(ask);
  if (!answer) {
    answer = (async () => await ask())().finally(() => asked.delete(ask));
    asked.set(ask, answer);
  }
  return answer;
}

/** Whether a JWT says that it ran out. Nothing is verified: the gateway judges. */
function isExpired(jwt: string): boolean {
  try {
    const claims = jwt.split(".")[1] ?? "";
    const { exp } = JSON.parse(
      atob(claims.replace(/-/g, "+").replace(/_/g, "/")),
    );
    return exp * 1000 <= Date.now();
  } catch {
    // Not a JWT that can be read: then it doesn't say so.
    return false;
  }
}

/** What a subscription presents to the gateway: its token while that holds, the session's ticket, a new token. */
export class TokenSource {
  /** Opens new connections until the session ends; comes with every `ready`. */
  ticket: string | undefined;
  readonly #ask: AskForToken | undefined;
  #key: string | undefined;
  #refusals = 0;
  #refusal: RealtimeError | undefined;

  /** @param source A token, or what gives one. */
  constructor(source: TokenLike | AskForToken) {
    if (typeof source === "function") this.#ask = source;
    else this.#key = source.key;
  }

  /**
   * Asks the app for a token.
   *
   * @throws {RealtimeError} The app's own; else `network` where it looks like one, `unauthenticated` for a refusal.
   */
  async renew(): Promise<TokenLike> {
    let token;
    try {
      token = this.#ask && await askOnce(this.#ask);
    } catch (cause) {
      throw cause instanceof RealtimeError ? cause : new RealtimeError(
        // What fetch() rejects with where there is no network.
        cause instanceof TypeError ? "network" : "unauthenticated",
        "Cannot get a subscription token",
        { cause },
      );
    }
    this.#key = token?.key;
    if (!token?.key) throw noKey();
    return token;
  }

  /**
   * What to present now.
   *
   * @param asking Called when that takes asking the app.
   * @throws {RealtimeError} When there is nothing left to present.
   */
  async credential(asking: () => void): Promise<string> {
    for (const jwt of [this.#key, this.ticket]) {
      if (jwt && !isExpired(jwt)) return jwt;
    }
    if (this.#refusals < MAX_REFUSALS && this.#ask) {
      asking();
      await this.renew();
    }
    // Also a token that seems expired: this machine's clock may be the one that is wrong.
    if (this.#key) return this.#key;
    throw this.#refusal ?? noKey();
  }

  /** What was presented was accepted. */
  accepted(ticket: string): void {
    this.ticket = ticket;
    this.#refusals = 0;
  }

  /** What was presented was refused: it isn't presented again. */
  refused(jwt: string | undefined, refusal: RealtimeError): void {
    if (jwt === this.#key) this.#key = undefined;
    if (jwt === this.ticket) this.ticket = undefined;
    this.#refusal = refusal;
    this.#refusals++;
  }
}

function noKey(): RealtimeError {
  return new RealtimeError(
    "unauthenticated",
    "Cannot subscribe: the token has no key",
  );
}
