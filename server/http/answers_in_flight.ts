import { RealtimeError } from "../../core/protocol/errors.ts";
import { withFacts } from "../events/refusal_facts.ts";

const MIB = 1024 * 1024;

/** Bytes of large answers in flight at which no further one begins. */
const LIMITS = { token: 16 * MIB, gateway: 128 * MIB };

/** Counts the bytes of large answers until they end: those that clients don't read must not fill the memory. */
export class AnswersInFlight {
  #bytes = 0;
  readonly #ofTokens = new Map<string, number>();

  /**
   * Tells whether an answer may begin.
   *
   * @param jti The id of the token; absent with the signing key.
   * @throws {RealtimeError} `rate_limited` where it may not.
   */
  require(jti: string | undefined): void {
    const ofToken = this.#ofTokens.get(jti ?? "") ?? 0;
    if (this.#bytes >= LIMITS.gateway) refuse("gateway", this.#bytes, jti);
    if (ofToken >= LIMITS.token) refuse("token", ofToken, jti);
  }

  /** Counts an answer that begins; returns a function that ends it. */
  begin(jti: string | undefined, bytes: number): () => void {
    this.require(jti);
    this.#add(jti, bytes);
    return () => {
      this.#add(jti, -bytes);
      bytes = 0;
    };
  }

  #add(jti: string | undefined, bytes: number): void {
    this.#bytes += bytes;
    if (jti === undefined) return;
    const ofToken = (this.#ofTokens.get(jti) ?? 0) + bytes;
    if (ofToken > 0) this.#ofTokens.set(jti, ofToken);
    else this.#ofTokens.delete(jti);
  }
}

function refuse(of: keyof typeof LIMITS, bytes: number, jti?: string): never {
  const [size, limit] = [bytes, LIMITS[of]].map((n) => Math.floor(n / MIB));
  const problem =
    `the ${of} has ${size} MiB of unread answers, the limit is ${limit} MiB`;
  const message = `Cannot read the history: ${problem}; try again later`;
  throw withFacts(new RealtimeError("rate_limited", message), { jti });
}
