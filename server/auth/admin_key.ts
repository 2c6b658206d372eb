import { RealtimeError } from "../../core/protocol/errors.ts";
import {
  headerProblem,
  MIN_SECRET_LENGTH,
} from "../../core/protocol/signing_key.ts";
import { readBearer } from "../wire/credentials.ts";
import { isSameText } from "./same_text.ts";

/**
 * Returns why a text can't be an admin key, `undefined` for one that can. The text itself is in no reason.
 *
 * @param signingKeys The signing keys of the same gateway. An admin key that is one of them would let apps do what only operators may.
 */
export function adminKeyProblem(
  key: string,
  signingKeys: readonly (string | undefined)[] = [],
): string | undefined {
  if (key.length < MIN_SECRET_LENGTH) {
    return `it has ${key.length} characters, at least ${MIN_SECRET_LENGTH} are needed`;
  }
  return signingKeys.includes(key)
    ? "it is the signing key too; an operator needs a key of their own"
    : headerProblem(key);
}

/** Decides which requests may see what an operator sees: the metrics and the admin API. */
export class AdminKey {
  readonly #key: string | undefined;
  readonly #dev: boolean;

  /**
   * @param key The key; `undefined` where none is set.
   * @param dev Whether the gateway is in development mode, where requests need no key unless there is one.
   */
  constructor(key: string | undefined, dev: boolean) {
    this.#key = key;
    this.#dev = dev;
  }

  /** Whether requests are answered without a key. */
  get isOpen(): boolean {
    return this.#dev && this.#key === undefined;
  }

  /**
   * Checks a request for a route of operators.
   *
   * @param route Its method and path, for the message.
   * @throws {RealtimeError} `not_found` where no key is set, `unauthenticated` without the key or with another credential.
   */
  require(route: string, authorization: string | undefined): void {
    if (this.isOpen) return;
    if (this.#key === undefined) {
      throw new RealtimeError(
        "not_found",
        `Cannot ${route}: this gateway has no admin key; set --admin-key (REALTIME_ADMIN_KEY)`,
      );
    }
    const bearer = readBearer(authorization) ?? "";
    if (isSameText(bearer, this.#key)) return;
    throw new RealtimeError(
      "unauthenticated",
      `Cannot ${route} without the admin key: send it as Authorization: Bearer <admin key>`,
    );
  }
}
