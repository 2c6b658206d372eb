import { formatId, type Position } from "../../core/protocol/id.ts";
import { isTransient } from "../../core/http/transient.ts";
import { backoff, pause } from "../../core/time/backoff.ts";
import type { ChannelState, LogEntry } from "../brokers/broker.ts";
import { encodeEntries, transportOf, type Wire } from "../wire/encode.ts";
import { type ChannelSince, cursorIds } from "../wire/since.ts";
import type { Audience, Member } from "./audience.ts";
import { CatchUp } from "./catch_up.ts";
import type { Feed, FeedFollower } from "./feed.ts";
import { findStart, type Gap, type Start, startAfter } from "./find_start.ts";
import type { Hub } from "./hub.ts";
import { joinChunks } from "./join_chunks.ts";

const PAGE_ENTRIES = 500;
/** Bytes of a page that is read, and of what is sent in a turn. */
const PAGE_BYTES = 128 * 1024;
/** How many pages are read at once at most, where little of them is sent. */
const MAX_PAGES = 8;

/** The connection that a channel is delivered to. */
export interface DeliveryTarget extends Member {
  readonly wire: Wire;
  /** For whom the log is read, as in {@linkcode ReadOptions}. */
  readonly reader: string | undefined;
  /** Calls `read` when more can be written and no other delivery to this connection reads; also when the connection ended. */
  inTurn(read: () => Promise<void>): Promise<void>;
  /** Reports that messages of the channel are missing. */
  gap(channel: string, gap: Gap): void;
  /** Ends the connection because its channel's log can't be read. */
  fail(error: unknown): void;
}

/** How far the delivery of a channel to a connection has come. */
export interface Standing {
  readonly channel: string;
  readonly topics: readonly string[];
  /** The id up to which the connection has everything; absent while the delivery begins. */
  readonly position?: string | undefined;
  /** Messages of the channel, of whatever topic, that it was not sent yet. */
  readonly behind: number;
}

/** `idle` without topics, `catching up` while it reads the log, `live` while the connection is in an audience, `closed` for good. */
type State = "idle" | "catching up" | "live" | "closed";

/**
 * Delivers one channel to one connection. It reads the log from the connection's position, as fast as the connection takes it, and
 * joins a live audience at the moment when both have the same position. So no message needs a buffer, and none is left out.
 */
export class ChannelDelivery implements FeedFollower {
  readonly channel: string;
  readonly #hub: Hub;
  readonly #target: DeliveryTarget;
  #feed: Feed | undefined;
  #state: State = "idle";
  /** Present in the state `live`. */
  #audience: Audience | undefined;
  /** Present in the state `catching up`. A new one takes its place when topics are added or the feed moves. */
  #catchUp: CatchUp | undefined;
  /** Present while a failure of the broker delays the next read. */
  #retry: AbortController | undefined;

  constructor(hub: Hub, target: DeliveryTarget, channel: string) {
    this.#hub = hub;
    this.#target = target;
    this.channel = channel;
  }

  /** The id up to which the connection has everything; `undefined` unless it is live. */
  get position(): string | undefined {
    return this.#feed && this.#state === "live"
      ? formatId(this.#feed.epoch, this.#feed.top)
      : undefined;
  }

  /** Whether the connection reads the log, because it has not reached the newest message. */
  get isCatchingUp(): boolean {
    return this.#state === "catching up";
  }

  get standing(): Standing {
    const { channel } = this;
    const feed = this.#feed;
    const topics = [...(this.#catchUp ?? this.#audience)?.topics ?? []];
    if (!feed || topics.length === 0) return { channel, topics, behind: 0 };
    const offset = this.#catchUp?.offset ?? feed.top;
    const position = formatId(feed.epoch, offset);
    return {
      channel,
      topics,
      position,
      behind: Math.max(0, feed.top - offset),
    };
  }

  /** Finds where the delivery of topics starts. None of them is delivered before {@linkcode begin}. */
  async start(
    topics: ReadonlySet<string>,
    since: ChannelSince,
    mark?: ChannelState,
  ): Promise<Start> {
    const feed = await this.#hold();
    // Closed meanwhile: the start will not be used.
    if (!feed) {
      return startAfter(this.channel, topics, { epoch: "", offset: 0 });
    }
    for (;;) {
      const { broker } = this.#hub;
      const { reader } = this.#target;
      const start = await findStart(broker, feed, topics, since, mark, reader);
      const { epoch, after: offset } = start;
      // A feed that is further back would deliver messages from before the start.
      if (this.#state === "closed" || await feed.reached({ epoch, offset })) {
        return start;
      }
    }
  }

  /** Begins to deliver topics at a start that {@linkcode start} found. */
  begin(topics: ReadonlySet<string>, start: Start): void {
    this.flush();
    const feed = this.#feed;
    // The flush may have ended a slow consumer.
    if (this.#state === "closed" || !feed) return;
    const before = this.#leave(feed);
    const known = before.topics;
    const added = [...topics].filter((topic) => !known.has(topic));
    if (known.size === 0) added.push("");
    feed.countSubscribers(added, 1);
    if (start.epoch === feed.epoch) {
      this.#catchUp = before.with(topics, start.after, start.streams);
    } else {
      // The log was lost since the start was found.
      this.#catchUp = before.with(topics, feed.top, []);
      this.#reportGap(start.ready.position, feed.epoch, feed.top + 1);
    }
    this.#proceed(feed);
  }

  /** Stops delivering topics. */
  remove(topics: Iterable<string>): void {
    this.flush();
    const feed = this.#feed;
    if (this.#state === "closed" || !feed) return;
    const rest = this.#leave(feed);
    const removed = rest.remove(topics);
    if (removed.length > 0 && rest.topics.size === 0) removed.push("");
    feed.countSubscribers(removed, -1);
    this.#proceed(feed);
  }

  /** Reports the gap to the connection, and goes on after it. */
  moved(from: Position): void {
    const feed = this.#feed;
    if (!feed || this.#state === "idle" || this.#state === "closed") return;
    const after = this.#catchUp?.offset ?? from.offset;
    const { topics } = this.#leave(feed);
    this.#catchUp = new CatchUp(topics, feed.top);
    this.#reportGap(formatId(from.epoch, after), feed.epoch, feed.top + 1);
    this.#proceed(feed);
  }

  /** Sends the messages that wait for the end of the turn, so that frames sent later stand after them. */
  flush(): void {
    this.#audience?.flush();
  }

  /** Ends the delivery of all topics. */
  close(): void {
    if (this.#state === "closed") return;
    const feed = this.#feed;
    if (feed) {
      const { topics } = this.#leave(feed);
      if (topics.size > 0) feed.countSubscribers([...topics, ""], -1);
      feed.followers.delete(this);
      this.#hub.release(feed);
    }
    this.#catchUp = undefined;
    this.#state = "closed";
    this.#retry?.abort();
  }

  async #hold(): Promise<Feed | undefined> {
    if (this.#feed) return this.#feed;
    const feed = await this.#hub.hold(this.channel);
    // Two subscriptions may have waited for the same feed; one hold is enough.
    if (this.#state === "closed" || this.#feed) {
      this.#hub.release(feed);
      return this.#feed;
    }
    this.#feed = feed;
    feed.followers.add(this);
    return feed;
  }

  /** Leaves the audience, if it is in one; returns what the connection has. */
  #leave(feed: Feed): CatchUp {
    const audience = this.#audience;
    if (!audience) return this.#catchUp ??= new CatchUp();
    this.#audience = undefined;
    this.#state = "idle";
    audience.members.delete(this.#target);
    feed.dropIfEmpty(audience);
    return this.#catchUp = new CatchUp(audience.topics, feed.top);
  }

  /** Reports that the messages between an id and the message at an offset are missing. */
  #reportGap(after: string, epoch: string, offset: number): void {
    const before = formatId(epoch, offset);
    this.#target.gap(this.channel, { after, before });
  }

  /** Catches up, unless it does so already or has no topics. */
  #proceed(feed: Feed): void {
    if (this.#catchUp?.topics.size === 0) this.#catchUp = undefined;
    if (this.#catchUp && this.#state === "idle") void this.#run(feed);
  }

  #join(feed: Feed, topics: ReadonlySet<string>): void {
    const audience = feed.audience(this.#target.wire, topics);
    // The connection already has the messages that wait for the audience.
    audience.flush();
    audience.members.add(this.#target);
    this.#audience = audience;
    this.#catchUp = undefined;
    this.#state = "live";
  }

  /** Reads the log until the connection can join an audience, or nothing is left to deliver. */
  async #run(feed: Feed): Promise<void> {
    this.#state = "catching up";
    let failures = 0;
    try {
      while (this.#catchUp) {
        const { topics, offset } = this.#catchUp;
        if (offset >= feed.top) return this.#join(feed, topics);
        let epoch = feed.epoch;
        try {
          await this.#target.inTurn(async () => {
            epoch = await this.#deliverPage(feed);
          });
          failures = 0;
        } catch (error) {
          if (!isTransient(error)) throw error;
          // The connection stays open, and gets these messages when the broker is back.
          if (this.#catchUp) await this.#waitToRetry(failures++);
        }
        if (epoch !== feed.epoch) await feed.reached({ epoch, offset: 0 });
      }
    } catch (error) {
      this.#target.fail(error);
    } finally {
      // It is neither live nor closed, so nothing is left to deliver.
      if (this.#state === "catching up") this.#state = "idle";
    }
  }

  async #waitToRetry(failures: number): Promise<void> {
    this.#retry = new AbortController();
    await pause(backoff(failures), this.#retry.signal);
    this.#retry = undefined;
  }

  /** Reads and delivers a page of the log, and returns its epoch. If the feed does not have it yet, nothing was delivered. */
  async #deliverPage(feed: Feed): Promise<string> {
    const catchUp = this.#catchUp;
    if (!catchUp) return feed.epoch;
    const { offset: after, pages, topics } = catchUp;
    const { epoch, start, end, entries } = await this.#hub.broker.read(
      this.channel,
      after,
      PAGE_ENTRIES * pages,
      PAGE_BYTES * pages,
      { topics, reader: this.#target.reader },
    );
    // The page was read for other topics, or for a connection that has ended.
    if (this.#catchUp !== catchUp) return feed.epoch;
    if (epoch !== feed.epoch) return epoch;
    if (start > after + 1) {
      this.#reportGap(formatId(epoch, after), epoch, start);
    }
    // The feed delivers the messages that it does not have yet: the audience would deliver them a second time.
    const known = entries.filter(({ offset }) => offset <= feed.top);
    const written = this.#write(epoch, known, catchUp);
    // The rest is read again when the connection has taken this much.
    catchUp.advance(written.last ?? Math.min(end, feed.top));
    const isLittle = written.bytes < PAGE_BYTES / 2;
    catchUp.pages = isLittle ? Math.min(2 * pages, MAX_PAGES) : 1;
    return epoch;
  }

  /**
   * Writes those messages of a page that a catch-up wants, at least one and otherwise not more than a page has room for. They count one by
   * one, although some leave in one frame.
   *
   * @returns The bytes that were written, and the offset of the last message that was, where others are left.
   */
  #write(
    epoch: string,
    page: readonly LogEntry[],
    catchUp: CatchUp,
  ): { bytes: number; last: number | undefined } {
    const { channel } = this;
    const { cursor, wire } = this.#target;
    const wanted = page.filter((entry) => catchUp.wants(entry));
    const joined = joinChunks(
      channel,
      epoch,
      wanted,
      (before, after) => catchUp.isApart(before, after),
    );
    let count = 0;
    let bytes = 0;
    for (const entry of joined) {
      if (count > 0 && bytes + entry.bytes > PAGE_BYTES) break;
      bytes += entry.bytes;
      count++;
    }
    const sent = joined.slice(0, count);
    const last = count < joined.length ? sent.at(-1)?.offset : undefined;
    this.#hub.delivered[transportOf(wire)] += last === undefined
      ? wanted.length
      : wanted.filter(({ offset }) => offset <= last).length;
    const ids = cursor && cursorIds(cursor, channel, epoch);
    this.#target.write(encodeEntries(wire, epoch, sent, ids));
    return { bytes, last };
  }
}
