import { RealtimeError } from "../../core/protocol/errors.ts";
import { hashSigningKey } from "../../core/protocol/signing_key.ts";
import {
  type MintOptions,
  mintToken,
  type TokenClaims,
  type TokenUse,
} from "../../core/protocol/token.ts";
import { readBearer } from "./credentials.ts";
import { Revocations } from "./revocations.ts";
import { isSame, type Secret, secretOf } from "./secret.ts";
import { TokenCheck } from "./token_check.ts";

/** Decides who may publish, mint and subscribe. */
export class Auth {
  /** Development mode: everything is allowed. */
  readonly open: boolean;
  /** What was revoked. */
  readonly revocations: Revocations = new Revocations();
  readonly #signingKeys: readonly [string, ...string[]];
  readonly #tokens: TokenCheck;
  /** Every form in which a key is sent, as the header that it is sent in, once it is known. */
  #headers: readonly Secret[] = [];
  readonly #ready: Promise<void>;

  /**
   * @param signingKeys The current key and, while keys are rotated, the one before.
   * @param open Whether publishing and minting need no key.
   */
  constructor(signingKeys: readonly [string, ...string[]], open: boolean) {
    this.#signingKeys = signingKeys;
    this.#tokens = new TokenCheck(signingKeys);
    this.open = open;
    this.#ready = formsOf(signingKeys).then((forms) => {
      this.#headers = forms.map((form) => secretOf(`Bearer ${form}`));
    });
  }

  /** Makes a token with the current key. */
  mint(options: MintOptions): Promise<string> {
    return mintToken(this.#signingKeys[0], options);
  }

  /**
   * Checks a token.
   *
   * @throws {RealtimeError} `unauthenticated` where there is none, `token_expired`, `invalid_token`, or `forbidden` for one that was revoked.
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
    return this.revocations.check(await this.#tokens.verify(jwt, uses));
  }

  /** Tells whether the header carries a signing key, raw or hashed. */
  async isSigningKey(authorization: string | undefined): Promise<boolean> {
    if (this.open) return true;
    await this.#ready;
    return this.isPlainSigningKey(authorization);
  }

  /** The same at once, also in development mode; `false` may mean that it isn't known yet. */
  isPlainSigningKey(authorization: string | null | undefined): boolean {
    if (!authorization) return false;
    // As nearly everybody writes it, which spares 0.3 µs.
    if (this.#isHeader(authorization)) return true;
    const bearer = readBearer(authorization);
    return bearer !== undefined && this.#isHeader(`Bearer ${bearer}`);
  }

  #isHeader(header: string): boolean {
    let found = false;
    // All of them, so that the time tells nothing of a key but its length.
    for (const known of this.#headers) {
      if (isSame(known, header)) found = true;
    }
    return found;
  }

  /**
   * Requires the signing key.
   *
   * @throws {RealtimeError} `unauthenticated`.
   */
  async requireSigningKey(authorization: string | undefined): Promise<void> {
    if (await this.isSigningKey(authorization)) return;
    throw new RealtimeError(
      "unauthenticated",
      "Cannot do that: it takes the signing key, as Authorization: Bearer <signing key>",
    );
  }

  /**
   * Finds out who wants to publish.
   *
   * @returns What the token says; `undefined` for the signing key, with which everything may be published.
   * @throws {RealtimeError} `unauthenticated`, `invalid_token`, `token_expired`, or `forbidden` for a token that grants no publishing.
   */
  async publisherClaims(
    authorization: string | undefined,
  ): Promise<TokenClaims | undefined> {
    const bearer = readBearer(authorization);
    // A JWT has two dots; anything else was meant as a signing key.
    const isToken = bearer?.split(".").length === 3;
    // A token means the same in development mode: what is granted, and that it is a client's message.
    const isAny = this.open ? !isToken : await this.isSigningKey(authorization);
    if (isAny) return undefined;
    if (!isToken) {
      throw new RealtimeError(
        "unauthenticated",
        "Cannot publish: it takes the signing key or a token that grants it, as Authorization: Bearer <key>",
      );
    }
    const claims = await this.verify(bearer, [
      "publish",
      "subscribe",
      "ticket",
    ]);
    if (claims.publish === undefined) {
      throw new RealtimeError(
        "forbidden",
        "Cannot publish: the token doesn't grant it",
      );
    }
    return claims;
  }
}

/** Every form in which an SDK sends a key: as it is, hashed, and (Python) hashed without the prefix. */
async function formsOf(signingKeys: readonly string[]): Promise<string[]> {
  const forms = new Set<string>();
  for (const key of signingKeys) {
    const hashed = await hashSigningKey(key);
    forms.add(key);
    if (hashed !== key) {
      forms.add(hashed);
      forms.add(hashed.replace(/^signkey-\w+-/, ""));
    }
  }
  return [...forms];
}
