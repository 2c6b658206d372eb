import { backoff, pause } from "../../core/time/backoff.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { formatId, type Position } from "../../core/protocol/id.ts";
import type { Audience } from "./audience.ts";
import type { ChannelState, LogEntry, OpenStream } from "../brokers/broker.ts";
import type { Feed, FeedReader, Hub } from "./hub.ts";
import type { DeliveryTarget, Start } from "./delivery_target.ts";
import { moveCursor, type Since } from "../wire/since.ts";
import { encodeEntries } from "../wire/encode.ts";

/** An open stream that is read from its start, though its topic is read from now: up to there. */
type StreamStart = OpenStream & { readonly until: number };

/** What a reader has that is where its audience is. */
const NO_CURSORS: ReadonlyMap<string, number> = new Map();
const NO_STREAMS: readonly StreamStart[] = [];

const PAGE_ENTRIES = 500;
const PAGE_BYTES = 128 * 1024;

/**
 * One connection's way through one channel. It reads the log from where the connection stands, as fast as the
 * connection takes it, and joins the live audience in the moment in which it stands where the audience does: nothing
 * is buffered and nothing can fall between.
 */
export class ChannelDelivery implements FeedReader {
  readonly channel: string;
  readonly #hub: Hub;
  readonly #owner: DeliveryTarget;
  #feed: Feed | undefined;
  #audience: Audience | undefined;
  /** For each topic, the offset up to which this connection has it; none while it is in an audience, which says both. */
  #cursors = NO_CURSORS;
  #streams = NO_STREAMS;
  /** Grows with every added topic: a page that was read for the old ones is read again. */
  #generation = 0;
  #running = false;
  #closed = false;
  /** There while it waits for a broker that fails. */
  #waiting: AbortController | undefined;

  constructor(hub: Hub, owner: DeliveryTarget, channel: string) {
    this.#hub = hub;
    this.#owner = owner;
    this.channel = channel;
  }

  /** The id up to which the connection has everything, if it is in the live audience. */
  get position(): string | undefined {
    return this.#feed && this.#audience
      ? formatId(this.#feed.epoch, this.#feed.top)
      : undefined;
  }

  /**
   * Finds where topics start. Nothing of them is sent before {@linkcode begin}.
   *
   * @param mark What "now" means, where that was a moment ago.
   */
  async start(
    topics: ReadonlySet<string>,
    since: Since,
    mark?: ChannelState,
  ): Promise<Start> {
    if (!this.#feed) {
      const feed = await this.#hub.hold(this.channel);
      // Two subscriptions may have waited for the same feed; one hold is enough.
      if (this.#closed || this.#feed) this.#hub.release(feed);
      else {
        this.#feed = feed;
        feed.members.add(this);
      }
    }
    const feed = this.#feed;
    if (!feed) return this.#startAt(topics, "", 0);
    for (;;) {
      const start = await this.#find(feed, topics, since, mark);
      const { epoch, after: offset } = start;
      // Joined further back, the audience would deliver what stands before the start.
      if (this.#closed || await feed.reached({ epoch, offset })) return start;
    }
  }

  /** Begins to deliver topics from where {@linkcode start} found. */
  begin(topics: ReadonlySet<string>, start: Start): void {
    const feed = this.#feed;
    if (this.#closed || !feed) return;
    this.#leave(feed);
    const { after, streams } = this.#current(feed, start);
    const cursors = new Map(this.#cursors);
    const added = [...topics].filter((topic) => !cursors.has(topic));
    if (cursors.size === 0) added.push("");
    for (const topic of topics) {
      cursors.set(topic, Math.min(cursors.get(topic) ?? Infinity, after));
    }
    this.#cursors = cursors;
    this.#streams = [
      ...this.#streams,
      ...streams.map((stream) => ({ ...stream, until: after })),
    ];
    this.#generation++;
    feed.count(added, 1);
    if (!this.#running) this.#run(feed);
  }

  /** Stops delivering topics. */
  remove(topics: Iterable<string>): void {
    const feed = this.#feed;
    if (!feed) return;
    this.#leave(feed);
    const cursors = new Map(this.#cursors);
    const removed = [...topics].filter((topic) => cursors.delete(topic));
    if (removed.length > 0 && cursors.size === 0) removed.push("");
    this.#cursors = cursors;
    feed.count(removed, -1);
    if (cursors.size > 0 && !this.#running) this.#run(feed);
  }

  /** Tells the connection of the gap, and goes on after it. */
  moved(from: Position): void {
    const feed = this.#feed;
    if (this.#closed || !feed) return;
    const low = this.#audience ? from.offset : this.#low();
    this.#leave(feed, false);
    if (this.#cursors.size === 0) return;
    this.#streams = NO_STREAMS;
    this.#generation++;
    this.#cursors = cursorsAt(this.#cursors.keys(), feed.top);
    this.#owner.gap(this.channel, {
      after: formatId(from.epoch, low),
      before: formatId(feed.epoch, feed.top + 1),
    });
    if (!this.#running) this.#run(feed);
  }

  /** Sends what waits for the end of the turn, so that what follows stands after it. */
  flush(): void {
    this.#audience?.flush();
  }

  /** Lets go of the channel. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#waiting?.abort();
    const feed = this.#feed;
    if (!feed) return;
    this.#leave(feed, false);
    if (this.#cursors.size > 0) feed.count([...this.#cursors.keys(), ""], -1);
    feed.members.delete(this);
    this.#hub.release(feed);
  }

  async #find(
    feed: Feed,
    topics: ReadonlySet<string>,
    since: Since,
    mark: ChannelState | undefined,
  ): Promise<Start> {
    const { broker } = this.#hub;
    if (since.from === "last") {
      const { epoch, offset } = await broker
        .before(this.channel, topics, since.count);
      return this.#startAt(topics, epoch, offset);
    }
    if (since.from === "start") {
      const { epoch, first } = await broker.read(this.channel, 0, 1, 1);
      return this.#startAt(topics, epoch, first - 1);
    }
    return since.from === "id"
      ? this.#resume(topics, since.position)
      : this.#live(feed, topics, mark);
  }

  async #live(
    feed: Feed,
    topics: ReadonlySet<string>,
    mark: ChannelState | undefined,
  ): Promise<Start> {
    const open = () =>
      [...feed.openStreams.values()].filter(({ topic }) => topics.has(topic));
    let first = 0;
    if (open().length > 0) {
      first = (await this.#hub.broker.read(this.channel, 0, 1, 1)).first;
      for (const { streamId, offset } of open()) {
        // Its start left the log: it can't be told from the beginning.
        if (offset < first) feed.openStreams.delete(streamId);
      }
    }
    const isMarked = mark?.epoch === feed.epoch;
    const after = isMarked ? mark.offset : feed.top;
    const streams = isMarked
      ? mark.openStreams
        .filter(({ topic, offset }) => topics.has(topic) && offset >= first)
      : open();
    const offset = Math.min(after, ...streams.map((s) => s.offset - 1));
    const start = this.#startAt(topics, feed.epoch, offset);
    return { ...start, after, streams };
  }

  /** A start as it is to be taken now: the log may have been lost since it was found. */
  #current(
    feed: Feed,
    { epoch, after, streams = [], ready }: Start,
  ): Required<Pick<Start, "after" | "streams">> {
    if (epoch === feed.epoch) return { after, streams };
    this.#owner.gap(this.channel, {
      after: ready.position,
      before: formatId(feed.epoch, feed.top + 1),
    });
    return { after: feed.top, streams: [] };
  }

  async #resume(topics: ReadonlySet<string>, since: Position): Promise<Start> {
    const { epoch, first, top } = await this.#hub.broker
      .read(this.channel, 0, 1, 1);
    const same = since.epoch === epoch;
    const recovered = same && since.offset + 1 >= first && since.offset <= top;
    // A position that this log never had, or no longer has: what it holds follows the gap.
    const offset = recovered
      ? since.offset
      : same && since.offset > top
      ? top
      : first - 1;
    const start = this.#startAt(topics, epoch, offset);
    const ready = { ...start.ready, recovered };
    if (recovered) return { ...start, ready };
    const after = formatId(since.epoch, since.offset);
    return {
      ...start,
      ready,
      gap: { after, before: formatId(epoch, offset + 1) },
    };
  }

  #startAt(
    topics: ReadonlySet<string>,
    epoch: string,
    offset: number,
  ): Start {
    const position = formatId(epoch, offset);
    return {
      ready: { channel: this.channel, topics: [...topics], position },
      epoch,
      after: offset,
    };
  }

  #leave(feed: Feed, flush = true): void {
    const audience = this.#audience;
    if (!audience) return;
    this.#audience = undefined;
    if (flush) audience.flush();
    audience.members.delete(this.#owner);
    feed.release(audience);
    this.#cursors = cursorsAt(audience.topics, feed.top);
  }

  #join(feed: Feed): void {
    const audience = feed.audience(
      this.#owner.wire,
      new Set(this.#cursors.keys()),
    );
    audience.flush();
    audience.members.add(this.#owner);
    this.#audience = audience;
    this.#cursors = NO_CURSORS;
    this.#streams = NO_STREAMS;
  }

  /** The lowest offset up to which the connection has all it wants. */
  #low(): number {
    return Math.min(
      ...this.#cursors.values(),
      ...this.#streams.map(({ offset }) => offset - 1),
    );
  }

  #wants(entry: LogEntry): boolean {
    const cursor = this.#cursors.get(entry.topic);
    if (cursor === undefined) return false;
    return entry.offset > cursor ||
      this.#streams.some(({ streamId, offset, until }) =>
        streamId === entry.streamId && entry.offset >= offset &&
        entry.offset <= until
      );
  }

  async #run(feed: Feed): Promise<void> {
    this.#running = true;
    let failures = 0;
    try {
      while (!this.#closed && this.#cursors.size > 0) {
        if (this.#low() >= feed.top) return this.#join(feed);
        let epoch = feed.epoch;
        try {
          await this.#owner.inTurn(async () => {
            epoch = await this.#readPage(feed);
          });
          failures = 0;
        } catch (error) {
          const mayPass = error instanceof RealtimeError &&
            error.code === "unavailable";
          if (!mayPass) throw error;
          if (this.#closed) return;
          // The connection has done nothing wrong: it stays, and gets what it missed later.
          this.#waiting = new AbortController();
          await pause(backoff(failures++), this.#waiting.signal);
        }
        if (epoch !== feed.epoch) await feed.reached({ epoch, offset: 0 });
      }
    } catch (error) {
      this.#owner.fail(error);
    } finally {
      this.#running = false;
    }
  }

  /** @returns The epoch of what was read: where the feed doesn't know it yet, nothing is sent. */
  async #readPage(feed: Feed): Promise<string> {
    if (this.#closed || this.#cursors.size === 0) return feed.epoch;
    const generation = this.#generation;
    const after = this.#low();
    const { epoch, first, top, entries } = await this.#hub.broker.read(
      this.channel,
      after,
      PAGE_ENTRIES,
      PAGE_BYTES,
    );
    if (this.#closed || generation !== this.#generation) return feed.epoch;
    if (epoch !== feed.epoch) return epoch;
    if (first > after + 1) {
      this.#owner.gap(this.channel, {
        after: formatId(epoch, after),
        before: formatId(epoch, first),
      });
    }
    // What the feed was not told of yet comes from there: an audience joined beyond it would deliver it twice.
    const known = entries.filter(({ offset }) => offset <= feed.top);
    const wanted = known.filter((entry) => this.#wants(entry));
    const { cursor, wire } = this.#owner;
    this.#owner.write(encodeEntries(
      wire,
      epoch,
      wanted,
      cursor &&
        (({ offset }) => moveCursor(cursor, this.channel, epoch, offset)),
    ));
    this.#advance(known.at(-1)?.offset ?? Math.min(top, feed.top));
    return epoch;
  }

  #advance(offset: number): void {
    this.#cursors = new Map(
      [...this.#cursors].map((
        [topic, cursor],
      ) => [topic, Math.max(cursor, offset)]),
    );
    this.#streams = this.#streams
      .filter(({ until }) => until > offset)
      .map((stream) => ({ ...stream, offset: offset + 1 }));
  }
}

function cursorsAt(
  topics: Iterable<string>,
  offset: number,
): ReadonlyMap<string, number> {
  return new Map([...topics].map((topic) => [topic, offset]));
}

/** The ids up to which readers' connection has everything, by channel; what waits is sent first. */
export function positionsOf(
  readers: readonly ChannelDelivery[],
): Record<string, string> {
  const positions: Record<string, string> = Object.create(null);
  for (const reader of readers) {
    reader.flush();
    const { channel, position } = reader;
    if (position !== undefined) positions[channel] = position;
  }
  return positions;
}
