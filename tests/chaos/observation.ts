import { parseId } from "../../core/protocol/id.ts";

/** A gap as a subscriber received it: the messages between the two ids are missing. */
export interface ReportedGap {
  readonly after: string;
  readonly before: string;
}

/** A message or a gap that a subscriber received. */
export type Observed =
  | {
    readonly kind: "message";
    readonly epoch: string;
    readonly offset: number;
    readonly digest: number;
    /** The digests of the earlier chunks of its stream that came joined with it. */
    readonly earlier: readonly number[];
  }
  | ({ readonly kind: "gap" } & ReportedGap);

/** Records everything that one subscriber received, in order. It stores numbers, as there may be millions of messages. */
export class Observation {
  readonly #epochs: string[] = [];
  readonly #epochOf: number[] = [];
  readonly #offsets: number[] = [];
  readonly #digests: number[] = [];
  /** The digests of the chunks that came joined with a message, by its index. Most messages have none. */
  readonly #earlier = new Map<number, readonly number[]>();
  readonly #gaps: Array<ReportedGap & { readonly at: number }> = [];

  /** The number of messages. */
  get received(): number {
    return this.#offsets.length;
  }

  /** The number of gaps. */
  get gaps(): number {
    return this.#gaps.length;
  }

  /** The id of the last message. */
  get last(): string | undefined {
    const index = this.#offsets.length - 1;
    const epoch = this.#epochs[this.#epochOf[index] ?? -1];
    return epoch === undefined ? undefined : `${epoch}-${this.#offsets[index]}`;
  }

  /**
   * Records a message.
   *
   * @param earlier The digests of the chunks that came joined with it.
   */
  message(id: string, digest: number, earlier: readonly number[] = []): void {
    if (earlier.length > 0) this.#earlier.set(this.#offsets.length, earlier);
    const { epoch = "?", offset = NaN } = parseId(id) ?? {};
    let index = this.#epochs.lastIndexOf(epoch);
    if (index < 0) index = this.#epochs.push(epoch) - 1;
    this.#epochOf.push(index);
    this.#offsets.push(offset);
    this.#digests.push(digest);
  }

  /** Records a gap. */
  gap({ after, before }: ReportedGap): void {
    this.#gaps.push({ at: this.#offsets.length, after, before });
  }

  /** Yields everything that was recorded, in order. */
  *events(): Generator<Observed> {
    let gap = 0;
    for (let i = 0; i <= this.#offsets.length; i++) {
      for (; this.#gaps[gap]?.at === i; gap++) {
        const { after = "", before = "" } = this.#gaps[gap] ?? {};
        yield { kind: "gap", after, before };
      }
      if (i === this.#offsets.length) return;
      yield {
        kind: "message",
        epoch: this.#epochs[this.#epochOf[i] ?? -1] ?? "?",
        offset: this.#offsets[i] ?? NaN,
        digest: this.#digests[i] ?? NaN,
        earlier: this.#earlier.get(i) ?? [],
      };
    }
  }
}
