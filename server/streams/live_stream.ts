import { type Envelope, mergeOrigins, type Origin } from "../wire/envelope.ts";
import type { Feed } from "../fan_out/hub.ts";

/** A message of a data stream, before it has its place. */
export type StreamEnvelope = Omit<Envelope, "streamId" | "kind"> & {
  readonly kind: "datastream-start" | "chunk" | "datastream-end";
  readonly streamId: string;
};

/** A data stream that has begun and not ended, and its clock. */
export class LiveStream {
  readonly channel: string;
  readonly streamId: string;
  readonly topics: Set<string> = new Set();
  /** The feed that tells of it. */
  feed: Feed;
  /** Whether the feed is held for it: then nothing of it is missed. */
  isHeld = false;
  /** The id of its start, if that was seen. */
  start: string | undefined;
  /** Who began it, if it said so. */
  producer: string | undefined;
  /** What its messages carried: its end is to carry it too. */
  origin: Origin = {};
  /** Milliseconds that this gateway, which reads its body, keeps it open without text. */
  patienceMs: number | undefined;
  /** The offset of what was seen of it last. */
  offset = 0;
  #seenAt = performance.now();
  #spokeAt = performance.now();
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #ending = new AbortController();

  constructor(channel: string, streamId: string, feed: Feed) {
    this.channel = channel;
    this.streamId = streamId;
    this.feed = feed;
  }

  /** Aborts when it ends. */
  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  /** Resolves when it ends, after a time, or when a signal aborts. */
  ended(ms: number, signal: AbortSignal): Promise<void> {
    const signals = [this.signal, signal];
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        for (const signal of signals) signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      for (const signal of signals) signal.addEventListener("abort", end);
      if (signals.some(({ aborted }) => aborted)) end();
    });
  }

  /** Milliseconds since something of it was in the log. */
  get quietMs(): number {
    return performance.now() - this.#seenAt;
  }

  /** Whether its body was silent for longer than this gateway has patience. */
  get isSilent(): boolean {
    return this.patienceMs !== undefined &&
      performance.now() - this.#spokeAt >= this.patienceMs;
  }

  /** Remembers the origin that a message of the stream carries. */
  carry(origin: Origin): void {
    this.origin = mergeOrigins(this.origin, origin);
  }

  /** Something of it is in the log. */
  seen(offset: number): void {
    this.offset = offset;
    this.#seenAt = performance.now();
  }

  /** Text of its body came. */
  spoke(): void {
    this.#spokeAt = performance.now();
  }

  /** Looks after it when its time may have come. */
  arm(look: () => void, leaseMs: number): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    const due = this.patienceMs === undefined
      ? this.#seenAt + leaseMs
      // What others see of it must not stop before the patience does.
      : Math.min(this.#seenAt + leaseMs / 3, this.#spokeAt + this.patienceMs);
    this.#timer = setTimeout(look, Math.max(1, Math.ceil(due - now)));
    // A lease must not keep a process alive; browsers' and Deno's timers are numbers.
    if (typeof this.#timer === "object") this.#timer.unref();
  }

  /** It is over, or nobody's affair any more. */
  end(): void {
    clearTimeout(this.#timer);
    this.#ending.abort();
  }
}
