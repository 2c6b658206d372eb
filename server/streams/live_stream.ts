import { RealtimeError } from "../../core/protocol/errors.ts";
import { pause } from "../../core/time/backoff.ts";
import type { Feed } from "../fan_out/feed.ts";
import { quote } from "../wire/quote.ts";
import { type Envelope, mergeOrigins, type Origin } from "../wire/envelope.ts";

/** Creates the error for a message that another producer, or another topic, may not add to a stream. */
export function conflictError(channel: string, problem: string): RealtimeError {
  const message = `Cannot publish to ${quote(channel)}: ${problem}`;
  return new RealtimeError("conflict", message);
}

/** A data stream that has begun and not ended, with the times that decide on its lease. */
export class LiveStream {
  readonly state = "open";
  readonly channel: string;
  readonly streamId: string;
  readonly topics: Set<string> = new Set();
  feed: Feed;
  /** Whether the feed is held for the stream, so that none of its messages is missed. */
  isHeld = false;
  /** The id of its start, if that was seen. */
  start: string | undefined;
  /** The producer that began it, if it named itself. */
  producer: string | undefined;
  /** The mark of the client that published to it here; it counts among that client's open streams. */
  client: string | undefined;
  /** The origin that its messages carried; its end carries it too. */
  origin: Origin = {};
  /** How many milliseconds the body may be silent, where this gateway reads the stream from a body. */
  patienceMs: number | undefined;
  /** The slot of time in which its lease is checked, if it waits for that. */
  slot: Set<LiveStream> | undefined;
  #seenAt = performance.now();
  #publishedAt = performance.now();
  readonly #ending = new AbortController();
  /** Aborts when the stream ends. */
  readonly signal: AbortSignal = this.#ending.signal;

  constructor(channel: string, streamId: string, feed: Feed) {
    this.channel = channel;
    this.streamId = streamId;
    this.feed = feed;
  }

  /** Milliseconds since its newest message was seen in the log. */
  get quietMs(): number {
    return performance.now() - this.#seenAt;
  }

  /** Whether the body was silent for longer than it may be. */
  get isSilent(): boolean {
    return this.patienceMs !== undefined &&
      performance.now() - this.#publishedAt >= this.patienceMs;
  }

  /** Resolves when the stream ends, after some milliseconds, or when a signal aborts. */
  ended(ms: number, signal: AbortSignal): Promise<void> {
    return pause(ms, AbortSignal.any([this.signal, signal]));
  }

  /** Records that a message of the stream was appended to the log. */
  seen(): void {
    this.#seenAt = performance.now();
  }

  /** Records that its producer published a message here. */
  published(envelope: Envelope, topics: readonly string[]): void {
    this.#publishedAt = performance.now();
    for (const topic of topics) this.topics.add(topic);
    this.origin = mergeOrigins(this.origin, envelope);
  }

  /** Returns the time at which the lease may have run out, by `performance.now()`. */
  dueAt(leaseMs: number): number {
    const due = this.#seenAt + leaseMs;
    if (this.patienceMs === undefined) return due;
    // The other gateways must see a sign of life until the body was silent for too long.
    const renewal = this.#seenAt + leaseMs / 3;
    return Math.min(renewal, this.#publishedAt + this.patienceMs);
  }

  /** Ends its watch and aborts the signal: the stream has ended, or this gateway no longer follows it. */
  end(): void {
    this.slot?.delete(this);
    // A reason of its own saves the exception that would be made, with its stack, for each of thousands.
    this.#ending.abort("ended");
  }
}
