import { MARK, MARK_BYTES, MAX_PUBLISHERS } from "./payload.ts";

/** What subscribers got that they should not have got so. */
export interface Faults {
  /** Messages that never came: later ones of the same publisher did. */
  missing: number;
  /** Messages that came again, or after a later one. */
  repeated: number;
}

/** Told of each message: whose it is, and which of theirs. */
export type OnMessage = (publisher: number, sequence: number) => void;

const [FIRST, SECOND] = MARK;
const ZERO = 0x30;
const NONE: Uint8Array = new Uint8Array(0);

/**
 * Counts the messages in what subscribers read, without decoding anything: it looks for their marks, whatever stands
 * between them. The next mark is expected where the distance of the last two says; where it isn't, the bytes between the
 * payloads are searched. So a message costs some 30 ns, and the one that is missing, repeated or out of order is seen.
 */
export class Counter {
  /** Messages that came. */
  messages = 0;
  /** Bytes that came, with everything that a peer wraps a message in. */
  bytes = 0;
  readonly faults: Faults = { missing: 0, repeated: 0 };
  /** Bytes of a payload after its mark: what need not be searched. */
  #rest = 0;
  /** Bytes between the end of a payload and the next mark, as last seen. */
  #between = 0;
  /** For each subscriber, where in what it reads next the last payload ends; below 0 where that was read. */
  readonly #ends: Int32Array;
  /** For each subscriber, the start of a mark whose rest has not come. */
  readonly #cut: Uint8Array[];
  /** For each subscriber and publisher, the number that comes next; 0 before the first. */
  readonly #next: Int32Array;
  /** For each subscriber, what it got in which order, in one number. */
  readonly #orders: Int32Array;
  /** Told of each message. */
  onMessage: OnMessage | undefined;

  constructor(subscribers: number) {
    this.#ends = new Int32Array(subscribers);
    this.#cut = new Array<Uint8Array>(subscribers).fill(NONE);
    this.#next = new Int32Array(subscribers * MAX_PUBLISHERS);
    this.#orders = new Int32Array(subscribers);
  }

  /** Sets the size of the payloads that follow. */
  expect(payloadBytes: number): void {
    this.#rest = payloadBytes - MARK_BYTES;
    this.#ends.fill(0);
  }

  /** Whether all subscribers of one channel got the same in the same order. */
  get isOneOrder(): boolean {
    return this.#orders.every((order) => order === this.#orders[0]);
  }

  /** Takes what a subscriber read. */
  feed(subscriber: number, bytes: Uint8Array): void {
    this.bytes += bytes.length;
    const cut = this.#cut[subscriber] ?? NONE;
    if (cut.length > 0) {
      this.#cut[subscriber] = NONE;
      this.#scan(subscriber, join(cut, bytes));
    } else this.#scan(subscriber, bytes);
  }

  #scan(subscriber: number, bytes: Uint8Array): void {
    const { length } = bytes;
    let end = this.#ends[subscriber] ?? 0;
    while (end < length) {
      const guess = end + this.#between;
      let at = guess >= 0 && bytes[guess] === FIRST &&
          bytes[guess + 1] === SECOND
        ? guess
        : find(bytes, Math.max(end, 0));
      while (at >= 0 && at + MARK_BYTES <= length) {
        const number = digits(bytes, at + 2);
        if (number >= 0) {
          this.#count(subscriber, number);
          this.#between = at - end;
          end = at + MARK_BYTES + this.#rest;
          break;
        }
        at = find(bytes, at + 2);
      }
      if (at < 0) break;
      if (at + MARK_BYTES > length) {
        // The rest of it comes with the next bytes; these are put before them.
        this.#cut[subscriber] = bytes.slice(at);
        this.#ends[subscriber] = end - at;
        return;
      }
    }
    this.#ends[subscriber] = end - length;
  }

  #count(subscriber: number, number: number): void {
    const publisher = Math.floor(number / 1e8);
    const sequence = number % 1e8;
    const place = subscriber * MAX_PUBLISHERS + publisher;
    const next = this.#next[place] ?? 0;
    if (sequence < next) this.faults.repeated++;
    else {
      // What a subscriber gets first is where it begins.
      if (next > 0) this.faults.missing += sequence - next;
      this.#next[place] = sequence + 1;
    }
    this.messages++;
    this.#orders[subscriber] =
      (Math.imul(this.#orders[subscriber] ?? 0, 31) + number) | 0;
    this.onMessage?.(publisher, sequence);
  }
}

/** Where a mark may begin, from a place on; -1 where none does. The last byte may be half of one. */
function find(bytes: Uint8Array, from: number): number {
  for (let i = from; i < bytes.length; i++) {
    if (
      bytes[i] === FIRST &&
      (i + 1 === bytes.length || bytes[i + 1] === SECOND)
    ) return i;
  }
  return -1;
}

/** The ten digits of a mark; -1 where they are none. */
function digits(bytes: Uint8Array, from: number): number {
  let number = 0;
  for (let i = from; i < from + MARK_BYTES - 2; i++) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
