import { parseId, type Position } from "../../core/protocol/id.ts";
import type { Observed, ReportedGap } from "./observation.ts";
import type { Truth } from "./truth.ts";

/** How the messages of a channel arrived, at one subscriber or at several together. */
export interface Verdict {
  /** Deliveries, repeated ones included. */
  received: number;
  /** Messages that were due, but neither delivered nor inside a reported gap. */
  lost: number;
  /** Messages delivered twice: with the same id, or the same content under another id. */
  duplicated: number;
  /** Messages delivered after a later one. */
  reordered: number;
  /** Messages that were not published, or not with this content. */
  corrupted: number;
  /** Changes of the epoch that no gap reported. */
  silent: number;
  /** Messages that were delivered though a gap reported them as missing. */
  contradicted: number;
  /** Reported gaps. */
  gaps: number;
  /** Acknowledged messages inside reported gaps. */
  gapped: number;
  /** Descriptions of the first few problems. */
  problems: string[];
}

const MAX_PROBLEMS = 5;

/** Returns a verdict whose counts are all 0. */
export function emptyVerdict(): Verdict {
  return {
    received: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    corrupted: 0,
    silent: 0,
    contradicted: 0,
    gaps: 0,
    gapped: 0,
    problems: [],
  };
}

/** Adds a verdict to a sum. */
export function addVerdict(sum: Verdict, verdict: Verdict): void {
  sum.received += verdict.received;
  sum.lost += verdict.lost;
  sum.duplicated += verdict.duplicated;
  sum.reordered += verdict.reordered;
  sum.corrupted += verdict.corrupted;
  sum.silent += verdict.silent;
  sum.contradicted += verdict.contradicted;
  sum.gaps += verdict.gaps;
  sum.gapped += verdict.gapped;
  for (const problem of verdict.problems) note(sum, problem);
}

/** The range of messages that a subscriber must receive. */
export interface Due {
  /** The id after which every message is due. With `"first"` it is the first message that arrived; without it every message is due. */
  readonly after?: string | undefined;
  /** The id up to which every message is due; without it, the newest one. */
  readonly until?: string | undefined;
}

/** Compares what a subscriber received with what was published. */
export function judge(
  truth: Truth,
  events: Iterable<Observed>,
  { after, until }: Due = {},
): Verdict {
  return new Judgement(truth, after).read(events, parseId(until));
}

class Judgement {
  readonly #truth: Truth;
  readonly #verdict: Verdict = emptyVerdict();
  readonly #seen = new Map<string, Position>();
  /** Digests that arrived in the current epoch. A new epoch has forgotten the idempotency keys, so there a retry may be published again. */
  #contents = new Set<number>();
  readonly #gaps: ReportedGap[] = [];
  readonly #passedOver: Position[] = [];
  /** Ranks of epochs in which nothing was acknowledged, between the ranks of the others. */
  readonly #ranks = new Map<string, number>();
  #origin: Position | undefined;
  #cursor: Position | undefined;

  constructor(truth: Truth, after: string | undefined) {
    this.#truth = truth;
    this.#origin = after === "first"
      ? undefined
      : parseId(after) ?? truth.beginning;
    this.#cursor = this.#origin;
  }

  read(events: Iterable<Observed>, until: Position | undefined): Verdict {
    for (const event of events) {
      if (event.kind === "gap") {
        this.#gaps.push(event);
        this.#verdict.gaps++;
        this.#rankEpoch(event);
      } else {
        this.#takeEarlier(event, event.earlier);
        this.#take(event, event.digest);
      }
    }
    if (this.#gaps.length > 0) this.#findContradictions();
    const due = this.#origin && this.#truth.between(this.#origin, until);
    for (const position of due ?? []) this.#expect(position);
    // A log has no holes: each offset that was passed over is a message, also when its acknowledgement was lost.
    for (const position of this.#passedOver) {
      if (!this.#truth.has(position) && !this.#truth.isElsewhere(position)) {
        this.#expect(position);
      }
    }
    return this.#verdict;
  }

  /** Takes the chunks that came joined with a message. They have no ids, so each is looked for where it must be in the log. */
  #takeEarlier({ epoch, offset }: Position, digests: readonly number[]): void {
    const cursor = this.#cursor;
    let next = cursor?.epoch === epoch ? cursor.offset + 1 : 1;
    for (const digest of digests) {
      let at = next;
      while (
        at < offset && !this.#truth.allows({ epoch, offset: at }, digest)
      ) at++;
      if (at < offset) {
        this.#take({ epoch, offset: at }, digest);
        next = at + 1;
      } else {
        this.#verdict.corrupted++;
        const problem = "came with a chunk that does not stand before it";
        note(this.#verdict, `${epoch}-${offset} ${problem}`);
      }
    }
  }

  #take({ epoch, offset }: Position, digest: number): void {
    const id = `${epoch}-${offset}`;
    const cursor = this.#cursor;
    this.#verdict.received++;
    if (cursor?.epoch !== epoch) this.#contents = new Set();
    if (this.#seen.has(id) || this.#contents.has(digest)) {
      this.#verdict.duplicated++;
      return note(this.#verdict, `${id} was delivered again`);
    }
    this.#seen.set(id, { epoch, offset });
    this.#contents.add(digest);
    if (!this.#truth.allows({ epoch, offset }, digest)) {
      this.#verdict.corrupted++;
      note(this.#verdict, `${id} is not what was published`);
    }
    if (cursor?.epoch === epoch && offset <= cursor.offset) {
      this.#verdict.reordered++;
      return note(this.#verdict, `${id} came after ${cursor.offset}`);
    }
    if (!cursor) this.#origin = { epoch, offset: offset - 1 };
    else if (cursor.epoch !== epoch && !this.#isReported(epoch)) {
      this.#verdict.silent++;
      note(this.#verdict, `${id} followed ${cursor.epoch}-${cursor.offset}`);
    }
    const next = cursor?.epoch === epoch ? cursor.offset + 1 : 1;
    for (let missed = next; cursor && missed < offset; missed++) {
      this.#passedOver.push({ epoch, offset: missed });
    }
    this.#cursor = { epoch, offset };
  }

  /** Ranks an epoch in which nothing was acknowledged right after the epoch before the gap. */
  #rankEpoch({ after, before }: ReportedGap): void {
    const { epoch = "" } = parseId(before) ?? {};
    if (this.#truth.rank(epoch) !== undefined) return;
    const last = this.#rank(parseId(after)?.epoch ?? "");
    this.#ranks.set(epoch, (last + Math.floor(last) + 1) / 2);
  }

  #rank(epoch: string): number {
    return this.#truth.rank(epoch) ?? this.#ranks.get(epoch) ?? -1;
  }

  #isAfter(a: Position, b: Position): boolean {
    return a.epoch === b.epoch
      ? a.offset > b.offset
      : this.#rank(a.epoch) > this.#rank(b.epoch);
  }

  /** Tells whether a gap reported an epoch. A gap may arrive before the messages in front of it are read. */
  #isReported(epoch: string): boolean {
    return this.#gaps.some(({ before }) => parseId(before)?.epoch === epoch);
  }

  #findContradictions(): void {
    for (const [id, position] of this.#seen) {
      if (!this.#isInGap(position)) continue;
      this.#verdict.contradicted++;
      note(
        this.#verdict,
        `${id} was delivered though a gap reported it as missing`,
      );
    }
  }

  /** Counts a message that was due as lost, unless it arrived or is inside a gap. */
  #expect(position: Position): void {
    const id = `${position.epoch}-${position.offset}`;
    if (this.#seen.has(id)) return;
    if (this.#isInGap(position)) {
      if (this.#truth.has(position)) this.#verdict.gapped++;
      return;
    }
    this.#verdict.lost++;
    note(this.#verdict, `${id} is missing`);
  }

  #isInGap(position: Position): boolean {
    return this.#gaps.some((gap) => {
      const after = parseId(gap.after);
      const before = parseId(gap.before);
      if (!after || !before) return false;
      if (after.epoch === before.epoch && position.epoch !== after.epoch) {
        return false;
      }
      return this.#isAfter(position, after) && this.#isAfter(before, position);
    });
  }
}

function note({ problems }: Verdict, problem: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push(problem);
}
