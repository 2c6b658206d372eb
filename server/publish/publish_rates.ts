import { RealtimeError } from "../../core/protocol/errors.ts";
import { withFacts } from "../events/refusal_facts.ts";
import { pause } from "../../core/time/backoff.ts";

/** Seconds of publishing at the full rate that a token may do at once. */
const BURST_SECONDS = 2;

/** Error for a token that published too many messages. */
export class RateLimited extends RealtimeError {
  /** After how many whole seconds the same message would be accepted. */
  readonly retryAfterSeconds: number;

  /** @param seconds Seconds until the message would be accepted. */
  constructor(perSecond: number, seconds: number) {
    const limit = `the token may publish ${perSecond} messages a second`;
    super("rate_limited", `Cannot publish: ${limit}; try again later`);
    this.retryAfterSeconds = Math.max(1, Math.ceil(seconds));
  }
}

/** The rate at which the sender of a request may publish. */
export interface PublishRate {
  /**
   * Counts messages that are about to be published.
   *
   * @throws {RateLimited} Where the rate doesn't allow them; they are not counted.
   */
  spend(messages: number): void;
  /** Counts messages and waits until the rate allows them: for the chunks of a body, whose sender waits for them to be read. */
  pace(messages: number): Promise<void>;
}

/** The rate of the signing key. */
export const UNLIMITED: PublishRate = {
  spend() {},
  pace: () => Promise.resolve(),
};

/** A token bucket. */
interface Bucket {
  /** Messages that may be published; below zero where some were counted in advance. */
  left: number;
  /** When that was so, in milliseconds. */
  at: number;
}

/**
 * Limits the messages that each token publishes, by a token bucket of two seconds. Tickets share the bucket of the token that they were
 * made from.
 */
export class PublishRates {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #now: () => number;
  /** The buckets by the tokens' ids, longest unused first. Full ones are removed: a token without a bucket may publish just as much. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(
    perSecond: number,
    now: () => number = () => performance.now(),
  ) {
    this.#perSecond = perSecond;
    this.#burst = perSecond * BURST_SECONDS;
    this.#now = now;
  }

  /** How many tokens are remembered. */
  get size(): number {
    return this.#buckets.size;
  }

  /** Returns the rate of a token. */
  of(jti: string): PublishRate {
    return {
      spend: (messages) => this.#spend(jti, messages),
      pace: (messages) => {
        const ms = this.#reserve(jti, messages);
        return ms > 0 ? pause(ms) : Promise.resolve();
      },
    };
  }

  #spend(jti: string, messages: number): void {
    const bucket = this.#bucketOf(jti);
    // A request for more messages than the bucket holds needs a full one, else it could never be sent.
    const missing = Math.min(messages, this.#burst) - bucket.left;
    if (missing > 0) {
      const seconds = missing / this.#perSecond;
      throw withFacts(new RateLimited(this.#perSecond, seconds), { jti });
    }
    bucket.left -= messages;
  }

  /** Counts messages in advance; returns the milliseconds after which they are allowed. */
  #reserve(jti: string, messages: number): number {
    const bucket = this.#bucketOf(jti);
    bucket.left -= messages;
    return Math.max(0, -bucket.left) * 1000 / this.#perSecond;
  }

  #bucketOf(jti: string): Bucket {
    const at = this.#now();
    const bucket = this.#buckets.get(jti) ?? { left: this.#burst, at };
    this.#forgetFull(at);
    this.#fill(bucket, at);
    // The bucket moves to the end.
    this.#buckets.delete(jti);
    this.#buckets.set(jti, bucket);
    return bucket;
  }

  #fill(bucket: Bucket, at: number): void {
    const gained = (at - bucket.at) * this.#perSecond / 1000;
    bucket.left = Math.min(this.#burst, bucket.left + gained);
    bucket.at = at;
  }

  /** Removes the buckets at the front that are full. Two for each that is added keep up with any number of tokens. */
  #forgetFull(at: number): void {
    let looked = 0;
    for (const [jti, bucket] of this.#buckets) {
      if (looked++ === 2) break;
      this.#fill(bucket, at);
      this.#buckets.delete(jti);
      // One that is not full yet must not hide those behind it.
      if (bucket.left < this.#burst) this.#buckets.set(jti, bucket);
    }
  }
}
