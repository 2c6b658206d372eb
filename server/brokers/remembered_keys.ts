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
  /** How many keys were added before it. */
  readonly place: number;
}

/** Keys in the order in which they were added, which is about that of their expiry: their times differ by a factor of 2 at most. */
type Lane = Map<string, KnownKey>;

/** Bytes of memory that a key takes besides its text: its entry in the map, the object, the string's header. Measured on Node. */
const KEY_OVERHEAD = 140;

/** The idempotency keys of a memory broker, each for its own time, unless they take more than their share of the memory. */
export class RememberedKeys {
  /** Bytes of memory that they take. */
  bytes = 0;
  readonly #maxBytes: number;
  /** By the number of bits of the keys' times in seconds. A day has 17; most brokers have one or two lanes. */
  readonly #lanes = new Map<number, Lane>();
  #added = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get size(): number {
    let size = 0;
    for (const lane of this.#lanes.values()) size += lane.size;
    return size;
  }

  get(name: string, now: number): Remembered | undefined {
    for (const lane of this.#lanes.values()) {
      const known = lane.get(name);
      if (known && known.until > now) return known;
      if (known) this.#forget(lane, name, known);
    }
    return undefined;
  }

  /** Remembers a key that {@linkcode get} doesn't know, and forgets the oldest ones while all of them take too much. */
  add(name: string, messages: Remembered, now: number, ttlMs: number): void {
    const { epoch, first, count, replyKey } = messages;
    const place = this.#added++;
    const until = now + ttlMs;
    const key = { epoch, first, count, replyKey, until, place };
    this.#laneOf(ttlMs).set(name, key);
    this.bytes += cost(name, key);
    if (this.bytes > this.#maxBytes) this.#forgetOldest();
  }

  /** Forgets the keys that have expired. A key may stay until all that were added before it in its lane have expired. */
  sweep(now: number): void {
    for (const [bits, lane] of this.#lanes) {
      for (const [name, key] of lane) {
        if (key.until > now) break;
        this.#forget(lane, name, key);
      }
      if (lane.size === 0) this.#lanes.delete(bits);
    }
  }

  clear(): void {
    this.#lanes.clear();
    this.bytes = 0;
  }

  #laneOf(ttlMs: number): Lane {
    const bits = 32 - Math.clz32(ttlMs / 1000);
    const lane = this.#lanes.get(bits) ?? new Map<string, KnownKey>();
    this.#lanes.set(bits, lane);
    return lane;
  }

  /** Forgets those that were added first, whenever they expire: a long time of some keys doesn't shorten that of the others. */
  #forgetOldest(): void {
    while (this.bytes > this.#maxBytes) {
      let oldest: { lane: Lane; name: string; key: KnownKey } | undefined;
      for (const lane of this.#lanes.values()) {
        const [front] = lane;
        if (!front) continue;
        const [name, key] = front;
        if (oldest && oldest.key.place < key.place) continue;
        oldest = { lane, name, key };
      }
      if (!oldest) return;
      this.#forget(oldest.lane, oldest.name, oldest.key);
    }
  }

  #forget(lane: Lane, name: string, key: KnownKey): void {
    lane.delete(name);
    this.bytes -= cost(name, key);
  }
}

function cost(name: string, { replyKey }: Remembered): number {
  const bytes = Buffer.byteLength(name) + KEY_OVERHEAD;
  return replyKey === undefined ? bytes : bytes + Buffer.byteLength(replyKey);
}
