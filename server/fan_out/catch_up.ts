import type { LogEntry, OpenStream } from "../brokers/broker.ts";

/** An open data stream that is delivered from its beginning. From the offset `until` on, its topic is delivered anyway. */
type StreamStart = OpenStream & { readonly until: number };

/** The part of a channel's log that one connection still has to get before it can join a live audience. */
export class CatchUp {
  /** For each topic, the offset up to which the connection has it. */
  #cursors: Map<string, number>;
  #streams: readonly StreamStart[];

  /** A catch-up of topics that the connection has up to an offset. */
  constructor(topics: Iterable<string> = [], offset: number = 0) {
    this.#cursors = new Map([...topics].map((topic) => [topic, offset]));
    this.#streams = [];
  }

  get topics(): ReadonlySet<string> {
    return new Set(this.#cursors.keys());
  }

  /** The offset up to which the connection has all that it wants. */
  get offset(): number {
    return Math.min(
      ...this.#cursors.values(),
      ...this.#streams.map(({ offset }) => offset - 1),
    );
  }

  /** Returns a catch-up that also has these topics, from after an offset, and open streams from their beginning. */
  with(
    topics: Iterable<string>,
    after: number,
    streams: readonly OpenStream[],
  ): CatchUp {
    const next = new CatchUp();
    next.#cursors = new Map(this.#cursors);
    for (const topic of topics) {
      const known = next.#cursors.get(topic) ?? Infinity;
      next.#cursors.set(topic, Math.min(known, after));
    }
    next.#streams = [
      ...this.#streams,
      ...streams.map((stream) => ({ ...stream, until: after })),
    ];
    return next;
  }

  /** Removes topics, and returns those that it had. */
  remove(topics: Iterable<string>): string[] {
    return [...topics].filter((topic) => this.#cursors.delete(topic));
  }

  /** Tells whether the connection still has to get a message. */
  wants(entry: LogEntry): boolean {
    const cursor = this.#cursors.get(entry.topic);
    if (cursor === undefined) return false;
    return entry.offset > cursor ||
      this.#streams.some(({ streamId, offset, until }) =>
        streamId === entry.streamId && entry.offset >= offset &&
        entry.offset <= until
      );
  }

  /** Notes that the connection has everything up to an offset. */
  advance(offset: number): void {
    for (const [topic, cursor] of this.#cursors) {
      this.#cursors.set(topic, Math.max(cursor, offset));
    }
    this.#streams = this.#streams
      .filter(({ until }) => until > offset)
      .map((stream) => ({ ...stream, offset: offset + 1 }));
  }
}
