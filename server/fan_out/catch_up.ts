import type { LogEntry, OpenStream } from "../brokers/broker.ts";

/** An open data stream that is delivered from its beginning. From the offset `until` on, its topic is delivered anyway. */
type StreamStart = OpenStream & { readonly until: number };

const NO_STREAMS: ReadonlyMap<string, StreamStart> = new Map();

/** Most positions that are told apart: twice as many as a connection has readers by default. A client can ask for any number. */
const MAX_MARKS = 256;

/** The part of a channel's log that one connection still has to get before it can join a live audience. */
export class CatchUp {
  /** How many pages of the log are read at once: several, where little of the last ones was sent. */
  pages = 1;
  /** For each topic, the offset up to which the connection has it. */
  #cursors: Map<string, number>;
  /** By their ids. A client that subscribes again and again adds each once. */
  #streams: ReadonlyMap<string, StreamStart> = NO_STREAMS;
  /**
   * Later positions at which readers of the connection may stand. The gateway reads the log once for all of them, and each skips the messages
   * up to its own position by their ids. So no frame of several messages may begin before one of these and end after it.
   */
  #marks: readonly number[] = [];
  /** Up to this offset all messages are apart, because there were too many marks. */
  #apartUntil = 0;

  /** A catch-up of topics that the connection has up to an offset. */
  constructor(topics: Iterable<string> = [], offset: number = 0) {
    this.#cursors = new Map([...topics].map((topic) => [topic, offset]));
  }

  get topics(): ReadonlySet<string> {
    return new Set(this.#cursors.keys());
  }

  /** The offset up to which the connection has all that it wants. */
  get offset(): number {
    let least = Infinity;
    for (const offset of this.#cursors.values()) {
      least = Math.min(least, offset);
    }
    for (const { offset } of this.#streams.values()) {
      least = Math.min(least, offset - 1);
    }
    return least;
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
    const all = new Map(this.#streams);
    for (const stream of streams) {
      const known = all.get(stream.streamId);
      const offset = Math.min(stream.offset, known?.offset ?? Infinity);
      const until = Math.max(after, known?.until ?? 0);
      all.set(stream.streamId, { ...stream, offset, until });
    }
    next.#streams = all;
    const start = streams.reduce(
      (a, { offset }) => Math.min(a, offset - 1),
      after,
    );
    // The readers so far stay where they are, and the new one stands where its `ready` says.
    next.#apartUntil = this.#apartUntil;
    next.#mark([...this.#marks, this.offset, start]);
    return next;
  }

  /** Sets the marks to those offsets that the catch-up has not reached. */
  #mark(offsets: readonly number[]): void {
    const reached = this.offset;
    const marks = new Set(
      offsets.filter((offset) => offset > reached && offset < Infinity),
    );
    if (marks.size <= MAX_MARKS) this.#marks = [...marks];
    else this.#apartUntil = Math.max(this.#apartUntil, ...marks);
  }

  /** Removes topics, and returns those that it had. */
  remove(topics: Iterable<string>): string[] {
    return [...topics].filter((topic) => this.#cursors.delete(topic));
  }

  /** Tells whether the connection still has to get a message. */
  wants(entry: LogEntry): boolean {
    const cursor = this.#cursors.get(entry.topic);
    if (cursor === undefined) return false;
    if (entry.offset > cursor) return true;
    const stream = this.#streams.get(entry.streamId ?? "");
    return stream !== undefined && entry.offset >= stream.offset &&
      entry.offset <= stream.until;
  }

  /** Tells whether a reader of the connection may stand between two messages, so that it has the first and not the second. */
  isApart(before: number, after: number): boolean {
    return before <= this.#apartUntil ||
      this.#marks.some((mark) => mark >= before && mark < after);
  }

  /** Notes that the connection has everything up to an offset. */
  advance(offset: number): void {
    for (const [topic, cursor] of this.#cursors) {
      this.#cursors.set(topic, Math.max(cursor, offset));
    }
    if (this.#streams.size > 0) this.#advanceStreams(offset);
    // Readers that stood before it have caught up with the others.
    if (this.#marks.length > 0) this.#mark(this.#marks);
  }

  #advanceStreams(offset: number): void {
    const open = [...this.#streams].filter(([, { until }]) => until > offset);
    this.#streams = new Map(
      open.map(([id, stream]) => {
        const next = Math.max(stream.offset, offset + 1);
        return [id, { ...stream, offset: next }];
      }),
    );
  }
}
