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

interface KnownKey extends Remembered {
  readonly until: number;
}

/** Bytes of memory that a key takes besides its text: its entry in the map, the object, the string's header. Measured on Node. */
const KEY_OVERHEAD = 140;

/** The share of the keys that one sweep examines. A million keys at once would take 20 ms. */
const SWEEP_SHARE = 0.1;

/** The idempotency keys of a memory broker, each for its own time, unless they take more than their share of the memory. */
export class RememberedKeys {
  /** Bytes of memory that they take. */
  bytes = 0;
  readonly #maxBytes: number;
  /** By name, in the order in which they were added. */
  readonly #known = new Map<string, KnownKey>();
  /** The keys that the next sweep examines. */
  #unswept = this.#known.entries();

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    return this.#known.size;
  }

  get(name: string, now: number): Remembered | undefined {
    const known = this.#known.get(name);
    if (known && known.until > now) return known;
    if (known) this.#forget(name, known);
    return undefined;
  }

  /** Remembers a key that {@linkcode get} doesn't know, and forgets the oldest ones while all of them take too much. */
  add(name: string, messages: Remembered, now: number, ttlMs: number): void {
    const { epoch, first, count, replyKey } = messages;
    const key = { epoch, first, count, replyKey, until: now + ttlMs };
    this.#known.set(name, key);
    this.bytes += cost(name, key);
    if (this.bytes > this.#maxBytes) this.#forgetOldest();
  }

  /** Looks at the next keys, and forgets the expired ones. */
  sweep(now: number): void {
    for (let left = Math.ceil(this.size * SWEEP_SHARE); left > 0; left--) {
      const next = this.#unswept.next();
      if (next.done) {
        this.#unswept = this.#known.entries();
        return;
      }
      const [name, key] = next.value;
      if (key.until <= now) this.#forget(name, key);
    }
  }

  clear(): void {
    this.#known.clear();
    this.bytes = 0;
  }

  #forgetOldest(): void {
    for (const [name, key] of this.#known) {
      if (this.bytes <= this.#maxBytes) return;
      this.#forget(name, key);
    }
  }

  #forget(name: string, key: KnownKey): void {
    this.#known.delete(name);
    this.bytes -= cost(name, key);
  }
}

function cost(name: string, { replyKey }: Remembered): number {
  const bytes = Buffer.byteLength(name) + KEY_OVERHEAD;
  return replyKey === undefined ? bytes : bytes + Buffer.byteLength(replyKey);
}
