import { Buffer } from "node:buffer";

/** Messages that were published with a key: their place in a log. */
export interface Remembered {
  readonly epoch: string;
  /** The offset of the first of them. The others follow it. */
  readonly first: number;
  readonly count: number;
  /** The key of a reply's publisher. */
  readonly replyKey?: string | undefined;
}

interface TimedKey extends Remembered {
  readonly until: number;
}

/** Bytes of memory that a key takes besides its text: its entry in the map, the object, the string's header. Measured on Node. */
const KEY_OVERHEAD = 140;

/** The idempotency keys of a memory broker, each for the same time, unless they take more than their share of the memory. */
export class RememberedKeys {
  /** Bytes of memory that they take. */
  bytes = 0;
  readonly #ttlMs: number;
  readonly #maxBytes: number;
  /** In the order of their expiry. */
  readonly #keys = new Map<string, TimedKey>();

  constructor(ttlMs: number, maxBytes: number) {
    this.#ttlMs = ttlMs;
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#keys.size;
  }

  get(name: string, now: number): Remembered | undefined {
    const known = this.#keys.get(name);
    if (known && known.until > now) return known;
    if (known) this.#forget(name, known);
    return undefined;
  }

  /** Remembers a key that {@linkcode get} doesn't know, and forgets the oldest ones while all of them take too much. */
  add(name: string, messages: Remembered, now: number): void {
    const { epoch, first, count, replyKey } = messages;
    const until = now + this.#ttlMs;
    const key = { epoch, first, count, replyKey, until };
    this.#keys.set(name, key);
    this.bytes += cost(name, key);
    if (this.bytes > this.#maxBytes) this.#forgetOldest();
  }

  /** Forgets the keys that have expired. */
  sweep(now: number): void {
    for (const [name, key] of this.#keys) {
      if (key.until > now) break;
      this.#forget(name, key);
    }
  }

  clear(): void {
    this.#keys.clear();
    this.bytes = 0;
  }

  #forgetOldest(): void {
    for (const [name, key] of this.#keys) {
      if (this.bytes <= this.#maxBytes) break;
      this.#forget(name, key);
    }
  }

  #forget(name: string, key: TimedKey): void {
    this.#keys.delete(name);
    this.bytes -= cost(name, key);
  }
}

function cost(name: string, { replyKey }: Remembered): number {
  const bytes = Buffer.byteLength(name) + KEY_OVERHEAD;
  return replyKey === undefined ? bytes : bytes + Buffer.byteLength(replyKey);
}
