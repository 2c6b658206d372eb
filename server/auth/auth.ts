import { RealtimeError } from "../../core/protocol/errors.ts";
import { hashSigningKey } from "../../core/protocol/signing_key.ts";
import type { TokenClaims, TokenUse } from "../../core/protocol/token.ts";
import { textOf, tokenFacts, withFacts } from "../events/refusal_facts.ts";
import { quote } from "../wire/quote.ts";
import { readBearer } from "../wire/credentials.ts";
import type { Revocations } from "./revocations.ts";
import { isSameText } from "./same_text.ts";
import { Tokens } from "./tokens.ts";

/** A right that a token may grant in a topic, beside subscribing to it. */
export type TopicRight = "publish" | "stop";

/** Tells whether a token grants a right in a topic. */
export function grants(
  right: TopicRight,
  { [right]: granted = [] }: TokenClaims,
  channel: string,
  topic: string,
): boolean {
  return granted === true ||
    granted.some((grant) => grant.channel === channel && grant.name === topic);
}

/** Decides which requests may publish, mint and subscribe. */
export class Auth {
  /** Whether everything is allowed: development mode. */
  readonly open: boolean;
  readonly revocations: Revocations;
  readonly tokens: Tokens;
  /** Every header that carries one of the keys; empty until the keys are hashed. */
  #headers: readonly string[] = [];
  readonly #ready: Promise<void>;

  /**
   * @param signingKeys The current key and, while keys are rotated, the previous one.
   * @param open Whether publishing and minting need no key.
   * @param revocations The revocations of tokens.
   */
  constructor(
    signingKeys: readonly [string, ...string[]],
    open: boolean,
    revocations: Revocations,
  ) {
    this.revocations = revocations;
    this.tokens = new Tokens(signingKeys);
    this.open = open;
    this.#ready = formsOf(signingKeys).then((forms) => {
      this.#headers = forms.map((form) => `Bearer ${form}`);
    });
  }

  /**
   * Verifies a token.
   *
   * @throws {RealtimeError} `unauthenticated` where there is none, `token_expired`, `invalid_token`, `forbidden` for one that was revoked, or
   * `unavailable` where the broker can't tell that.
   */
  async verify(
    jwt: string | undefined,
    uses: readonly TokenUse[],
  ): Promise<TokenClaims> {
    if (jwt === undefined || jwt === "") {
      throw new RealtimeError(
        "unauthenticated",
        "Cannot do that without a token: send it as Authorization: Bearer <token>",
      );
    }
    const claims = await this.tokens.verify(jwt, uses);
    try {
      await this.revocations.current();
      this.revocations.require(claims);
    } catch (error) {
      throw withFacts(error, tokenFacts(claims));
    }
    return claims;
  }

  /** @throws {RealtimeError} `forbidden` for a token that was revoked, or doesn't grant a right in one of the topics. */
  require(
    right: TopicRight,
    claims: TokenClaims,
    channel: string,
    topics: readonly string[],
  ): void {
    try {
      this.revocations.require(claims, channel);
      for (const topic of topics) {
        if (grants(right, claims, channel, topic)) continue;
        const [action, verb] = right === "stop"
          ? ["stop the stream of", "grant stopping"]
          : ["publish to", "grant"];
        const problem = `the token doesn't ${verb} topic ${quote(topic)}`;
        const message = `Cannot ${action} ${quote(channel)}: ${problem}`;
        throw new RealtimeError("forbidden", message);
      }
    } catch (error) {
      const facts = tokenFacts(claims);
      throw withFacts(error, { channel: textOf(channel), ...facts });
    }
  }

  /** Tells whether the header carries a signing key, raw or hashed. */
  async isSigningKey(authorization: string | undefined): Promise<boolean> {
    if (this.open) return true;
    await this.#ready;
    return this.isPlainSigningKey(authorization);
  }

  /** Waits until the keys are hashed and derived, which goes on in the background: a gateway that is closed leaves nothing behind. */
  async ready(): Promise<void> {
    await Promise.all([this.#ready, this.tokens.ready()]);
  }

  /** Synchronous variant that ignores development mode; returns `false` until the key hashes are computed. */
  isPlainSigningKey(authorization: string | null | undefined): boolean {
    if (!authorization) return false;
    // Most clients write the header exactly so; parsing it costs 0.3 µs more.
    if (this.#isHeader(authorization)) return true;
    const bearer = readBearer(authorization);
    return bearer !== undefined && this.#isHeader(`Bearer ${bearer}`);
  }

  #isHeader(header: string): boolean {
    let found = false;
    // Every secret is compared, so that the time reveals nothing but the length of a key.
    for (const secret of this.#headers) {
      if (isSameText(header, secret)) found = true;
    }
    return found;
  }

  /** @throws {RealtimeError} `unauthenticated` for a request without the signing key. */
  async requireSigningKey(authorization: string | undefined): Promise<void> {
    if (await this.isSigningKey(authorization)) return;
    throw withoutKey("Cannot do that without the signing key", authorization);
  }

  /**
   * Authenticates a request to publish, or to stop a stream.
   *
   * @returns The claims of the token; `undefined` for the signing key, which may do everything.
   * @throws {RealtimeError} `unauthenticated`, `invalid_token`, `token_expired`, or `forbidden` for a token that grants no publishing.
   */
  async publisherClaims(
    authorization: string | undefined,
    right: TopicRight = "publish",
  ): Promise<TokenClaims | undefined> {
    const bearer = readBearer(authorization);
    // A JWT has two dots; any other credential counts as a signing key.
    const isToken = bearer?.split(".").length === 3;
    // In development mode a token counts too, so that its message is a client's and limited to the granted topics.
    const mayPublishAll = this.open
      ? !isToken
      : await this.isSigningKey(authorization);
    if (mayPublishAll) return undefined;
    if (!isToken) {
      const problem =
        `Cannot ${right} without the signing key or a token that grants it`;
      throw withoutKey(problem, authorization);
    }
    const uses = ["publish", "subscribe", "ticket"] as const;
    const claims = await this.verify(bearer, uses);
    if (right === "publish" && claims.publish === undefined) {
      const message = "Cannot publish: the token doesn't grant it";
      const error = new RealtimeError("forbidden", message);
      throw withFacts(error, tokenFacts(claims));
    }
    return claims;
  }
}

/** Makes the error for a request without the signing key: it has no credential, or another one. */
function withoutKey(
  problem: string,
  authorization: string | undefined,
): RealtimeError {
  const reason = authorization === undefined
    ? "send it as Authorization: Bearer <key>"
    : "the request has another key; app and gateway may have different REALTIME_SIGNING_KEYs";
  return new RealtimeError("unauthenticated", `${problem}: ${reason}`);
}

/** Returns every form in which an SDK sends a key: as it is, hashed, and (Python) hashed without the prefix. */
async function formsOf(signingKeys: readonly string[]): Promise<string[]> {
  const forms = new Set<string>();
  for (const key of signingKeys) {
    const hashed = await hashSigningKey(key);
    forms.add(key).add(hashed);
    if (hashed !== key) forms.add(hashed.replace(/^signkey-\w+-/, ""));
  }
  return [...forms];
}
