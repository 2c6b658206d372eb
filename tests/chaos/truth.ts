import { formatId, type Position } from "../../core/protocol/id.ts";
import type { ChannelRecord } from "./ledger.ts";

/** The record of a channel, indexed for lookups. */
export class Truth {
  readonly #epochs: ReadonlyMap<string, number>;
  /** For each epoch: the digests by offset. */
  readonly #published: ReadonlyArray<Map<number, number>>;
  /** For each epoch: the highest acknowledged offset. */
  readonly #tops: number[];
  readonly #uncertain: ReadonlySet<number>;
  readonly #elsewhere: ReadonlySet<string>;

  constructor({ epochs, acknowledged, uncertain, elsewhere }: ChannelRecord) {
    this.#elsewhere = new Set(elsewhere);
    this.#epochs = new Map(epochs.map((epoch, index) => [epoch, index]));
    this.#published = epochs.map(() => new Map());
    this.#tops = epochs.map(() => 0);
    this.#uncertain = new Set(uncertain);
    for (const [epoch, offset, digest] of acknowledged) {
      this.#published[epoch]?.set(offset, digest);
      this.#tops[epoch] = Math.max(this.#tops[epoch] ?? 0, offset);
    }
  }

  /** The position before the first message. */
  get beginning(): Position | undefined {
    const [epoch] = this.#epochs.keys();
    return epoch === undefined ? undefined : { epoch, offset: 0 };
  }

  /** Tells whether the message at a position was acknowledged. */
  has({ epoch, offset }: Position): boolean {
    return this.#published[this.#epochs.get(epoch) ?? -1]?.has(offset) ?? false;
  }

  /** Tells whether the message at a position is in a topic without a subscriber under test. */
  isElsewhere({ epoch, offset }: Position): boolean {
    return this.#elsewhere.has(formatId(epoch, offset));
  }

  /** Tells whether a message may be at a position: it was acknowledged there, or its publish was never answered. */
  allows({ epoch, offset }: Position, digest: number): boolean {
    const known = this.#published[this.#epochs.get(epoch) ?? -1]?.get(offset);
    return known === undefined ? this.#uncertain.has(digest) : known === digest;
  }

  /** Returns the rank of an epoch in time; `undefined` for an epoch in which nothing was acknowledged. */
  rank(epoch: string): number | undefined {
    return this.#epochs.get(epoch);
  }

  /** Yields the positions of acknowledged messages after one position, up to and including another. */
  *between(after: Position, last: Position | undefined): Generator<Position> {
    for (const [epoch, index] of this.#epochs) {
      if (index < (this.#epochs.get(after.epoch) ?? 0)) continue;
      const from = epoch === after.epoch ? after.offset + 1 : 1;
      const to = last?.epoch === epoch ? last.offset : this.#tops[index] ?? 0;
      for (let offset = from; offset <= to; offset++) {
        if (this.#published[index]?.has(offset)) yield { epoch, offset };
      }
      if (last?.epoch === epoch) return;
    }
  }
}
