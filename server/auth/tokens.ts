import { RealtimeError } from "../../core/protocol/errors.ts";
import { deriveTokenKey } from "../../core/protocol/signing_key.ts";
import {
  createClaims,
  createTicketClaims,
  type MintOptions,
  readClaims,
  type TokenClaims,
  type TokenPayload,
  type TokenUse,
  toPayload,
  type TopicClaim,
} from "../../core/protocol/token.ts";
import { HmacKey } from "./hmac_key.ts";
import { payloadFacts, withFacts } from "../events/refusal_facts.ts";
import { signJwt, uncheckedPayload, verifyJwt } from "./jwt.ts";

/** How many lists of topics are shared, and how long each may be as JSON. */
const SHARED = { lists: 1000, characters: 1000 } as const;

/** Signs and verifies the gateway's tokens. */
export class Tokens {
  /** The current key, then those from before a rotation. */
  readonly #keys: Promise<readonly [HmacKey, ...HmacKey[]]>;
  /** Lists of topics of recent tokens: connections with the same topics share one list, which saves each 0.2 KB of memory on Bun. */
  readonly #topics = new Map<string, readonly TopicClaim[]>();

  /** @param signingKeys The current key and, while keys are rotated, the previous one. */
  constructor([current, ...previous]: readonly [string, ...string[]]) {
    this.#keys = Promise.all([
      tokenKey(current),
      ...previous.map(tokenKey),
    ]);
  }

  /** Waits until the keys are derived. */
  async ready(): Promise<void> {
    await this.#keys;
  }

  /**
   * Mints a token with the current key.
   *
   * @throws {RealtimeError} `invalid_name`; `invalid_argument` for a lifetime or a number of topics that is not allowed.
   */
  async mint(options: MintOptions): Promise<string> {
    const [key] = await this.#keys;
    return signJwt(toPayload(createClaims(options)), key);
  }

  /** Mints a ticket, with which the client of a session reconnects until the session ends. */
  async mintTicket(claims: TokenClaims): Promise<string> {
    const [key] = await this.#keys;
    return signJwt(toPayload(createTicketClaims(claims)), key);
  }

  /**
   * Verifies a token: its signature with each of the keys, and its claims.
   *
   * @param uses The purposes of which the token must have one.
   * @throws {RealtimeError} `token_expired` or `invalid_token`.
   */
  async verify(jwt: string, uses: readonly TokenUse[]): Promise<TokenClaims> {
    const payload = this.#verifySignature(jwt, await this.#keys);
    try {
      return this.#shareTopics(readClaims(payload, uses));
    } catch (error) {
      throw withFacts(error, payloadFacts(payload, true));
    }
  }

  #verifySignature(jwt: string, keys: readonly HmacKey[]): TokenPayload {
    try {
      return verifyJwt(jwt, keys);
    } catch (error) {
      throw withFacts(error, payloadFacts(uncheckedPayload(jwt), false));
    }
  }

  /** Tells whether a token has the signature of one of the keys, whatever its claims say. */
  async isSigned(jwt: string): Promise<boolean> {
    try {
      verifyJwt(jwt, await this.#keys);
      return true;
    } catch (error) {
      if (error instanceof RealtimeError) return false;
      throw error;
    }
  }

  #shareTopics(claims: TokenClaims): TokenClaims {
    const key = JSON.stringify(claims.topics);
    if (key.length > SHARED.characters) return claims;
    const topics = this.#topics.get(key);
    if (topics) return { ...claims, topics };
    if (this.#topics.size >= SHARED.lists) this.#topics.clear();
    this.#topics.set(key, claims.topics);
    return claims;
  }
}

async function tokenKey(signingKey: string): Promise<HmacKey> {
  return new HmacKey(await deriveTokenKey(signingKey));
}
