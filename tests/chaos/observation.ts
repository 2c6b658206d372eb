import { parseId } from "../../core/protocol/id.ts";

/** Messages that a subscriber was told are lost: those between the two ids. */
export interface ReportedGap {
  readonly after: string;
  readonly before: string;
}

/** What a subscriber saw: a message or a gap. */
export type Observed =
  | {
    readonly kind: "message";
    readonly epoch: string;
    readonly offset: number;
    readonly digest: number;
  }
  | ({ readonly kind: "gap" } & ReportedGap);

/** Everything that one subscriber saw, in the order in which it did. Kept as numbers: there may be millions. */
export class Observation {
  readonly #epochs: string[] = [];
  readonly #epochOf: number[] = [];
  readonly #offsets: number[] = [];
  readonly #digests: number[] = [];
  readonly #gaps: Array<ReportedGap & { readonly at: number }> = [];

  /** How many messages it got. */
  get received(): number {
    return this.#offsets.length;
  }

  /** How many gaps it was told of. */
  get gaps(): number {
    return this.#gaps.length;
  }

  /** The id of the message that it got last. */
  get last(): string | undefined {
    const index = this.#offsets.length - 1;
    const epoch = this.#epochs[this.#epochOf[index] ?? -1];
    return epoch === undefined ? undefined : `${epoch}-${this.#offsets[index]}`;
  }

  /** It got a message. */
  message(id: string, digest: number): void {
    const { epoch = "?", offset = NaN } = parseId(id) ?? {};
    let index = this.#epochs.lastIndexOf(epoch);
    if (index < 0) index = this.#epochs.push(epoch) - 1;
    this.#epochOf.push(index);
    this.#offsets.push(offset);
    this.#digests.push(digest);
  }

  /** It was told of a gap. */
  gap({ after, before }: ReportedGap): void {
    this.#gaps.push({ at: this.#offsets.length, after, before });
  }

  /** What it saw, in order. */
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
      };
    }
  }
}
