import { parseId, type Position } from "../../core/id.ts";
import type { ChannelRecord } from "./ledger.ts";
import type { Observed, ReportedGap } from "./observation.ts";

/** What became of a channel's messages at one subscriber, or at several together. */
export interface Verdict {
  /** Messages delivered, repetitions included. */
  received: number;
  /** Messages that were due and neither delivered nor inside a reported gap. */
  lost: number;
  /** Messages delivered again: the same id, or the same content under another. */
  duplicated: number;
  /** Messages delivered after a later one. */
  reordered: number;
  /** Messages that nobody published, or with other content than was published. */
  corrupted: number;
  /** Changes of the epoch that no gap told of. */
  silent: number;
  /** Messages delivered though a gap had said that they are lost. */
  contradicted: number;
  /** Gaps reported. */
  gaps: number;
  /** Acknowledged messages inside reported gaps. */
  gapped: number;
  /** What is wrong, in words: the first few. */
  problems: string[];
}

const MAX_PROBLEMS = 5;

/** A verdict of nothing, to add to. */
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

/** Adds up the verdicts of several subscribers. */
export function sumVerdicts(verdicts: Iterable<Verdict>): Verdict {
  const sum = emptyVerdict();
  for (const verdict of verdicts) {
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
  return sum;
}

/**
 * Holds what a subscriber saw against what was published.
 *
 * @param start The id after which everything is due; `"first"` for what comes after the first message that was delivered; nothing for all.
 * @param end The id up to which everything is due; nothing for all.
 */
export function judge(
  record: ChannelRecord,
  events: Iterable<Observed>,
  start?: string,
  end?: string,
): Verdict {
  const verdict = emptyVerdict();
  const rank = new Map(record.epochs.map((epoch, index) => [epoch, index]));
  const published = new Map(
    record.acknowledged.map(([epoch, offset, digest]) => [
      `${record.epochs[epoch]}-${offset}`,
      digest,
    ]),
  );
  const unconfirmed = new Set(record.unconfirmed);
  const seen = new Set<string>();
  const contents = new Set<number>();
  const gaps: ReportedGap[] = [];
  const holes: Array<{ epoch: string; from: number; to: number }> = [];
  let origin = start === "first" ? undefined : parseId(start) ??
    (record.epochs[0] === undefined
      ? undefined
      : { epoch: record.epochs[0], offset: 0 });
  /** Where the next message has to follow. */
  let cursor = origin;

  function take(epoch: string, offset: number, digest: number): void {
    const id = `${epoch}-${offset}`;
    verdict.received++;
    if (seen.has(id) || contents.has(digest)) {
      verdict.duplicated++;
      note(verdict, `${id} was delivered again`);
      return;
    }
    const expected = published.get(id);
    if (
      expected === undefined ? !unconfirmed.has(digest) : expected !== digest
    ) {
      verdict.corrupted++;
      note(verdict, `${id} is not what was published`);
    }
    if (gaps.some((gap) => isInside(gap, { epoch, offset }, rank))) {
      verdict.contradicted++;
      note(verdict, `${id} was delivered though reported lost`);
    }
    seen.add(id);
    contents.add(digest);
    if (!cursor) origin = { epoch, offset: offset - 1 };
    else if (cursor.epoch !== epoch) {
      verdict.silent++;
      note(verdict, `${id} followed ${cursor.epoch}-${cursor.offset}`);
    } else if (offset <= cursor.offset) {
      verdict.reordered++;
      note(verdict, `${id} came after ${cursor.offset}`);
      return;
    } else if (offset > cursor.offset + 1) {
      holes.push({ epoch, from: cursor.offset + 1, to: offset - 1 });
    }
    cursor = { epoch, offset };
  }

  for (const event of events) {
    if (event.kind === "message") {
      take(event.epoch, event.offset, event.digest);
      continue;
    }
    verdict.gaps++;
    gaps.push(event);
    const next = parseId(event.before);
    if (next) cursor = { epoch: next.epoch, offset: next.offset - 1 };
  }

  function miss(position: Position): void {
    const id = `${position.epoch}-${position.offset}`;
    if (seen.has(id)) return;
    if (gaps.some((gap) => isInside(gap, position, rank))) {
      if (published.has(id)) verdict.gapped++;
      return;
    }
    verdict.lost++;
    note(verdict, `${id} is missing`);
  }

  const last = parseId(end);
  for (const [index, offset] of record.acknowledged) {
    const position = { epoch: record.epochs[index] ?? "?", offset };
    if (
      origin && isAfter(position, origin, rank) &&
      !(last && isAfter(position, last, rank))
    ) miss(position);
  }
  // A log has no holes: an offset that was passed over is a message, though nobody got its acknowledgement.
  for (const { epoch, from, to } of holes) {
    for (let offset = from; offset <= to; offset++) {
      if (!published.has(`${epoch}-${offset}`)) miss({ epoch, offset });
    }
  }
  return verdict;
}

function note({ problems }: Verdict, problem: string): void {
  if (problems.length < MAX_PROBLEMS) problems.push(problem);
}

function isAfter(
  a: Position,
  b: Position,
  rank: ReadonlyMap<string, number>,
): boolean {
  if (a.epoch === b.epoch) return a.offset > b.offset;
  // An epoch in which nothing was acknowledged: a gap may begin or end in one.
  return (rank.get(a.epoch) ?? Infinity) > (rank.get(b.epoch) ?? -1);
}

function isInside(
  gap: ReportedGap,
  position: Position,
  rank: ReadonlyMap<string, number>,
): boolean {
  const after = parseId(gap.after);
  const before = parseId(gap.before);
  if (!after || !before) return false;
  if (after.epoch === before.epoch && position.epoch !== after.epoch) {
    return false;
  }
  return isAfter(position, after, rank) && isAfter(before, position, rank);
}
