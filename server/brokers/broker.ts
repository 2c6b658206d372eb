import type { MessageKind } from "../../core/protocol/frames.ts";
import type { Position } from "../../core/protocol/id.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";

/** A message that is about to get its place in a channel's log. */
export interface NewMessage {
  /** The topic that it is published to. */
  readonly topic: string;
  /** What it is. */
  readonly kind: MessageKind;
  /** The data stream that it belongs to, if any. */
  readonly streamId?: string;
  /** The frame's JSON text without its id and without the closing brace: the broker appends `,"id":"…"}`. */
  readonly head: string;
  /** What plain clients get instead of the frame: bytes of `publish/tee`. */
  readonly raw?: string;
}

/** A message in a channel's log. Its text is made once and shared by all who read it. */
export interface LogEntry {
  /** Its place: 1 more than that of the message before. */
  readonly offset: number;
  /** The topic that it was published to. */
  readonly topic: string;
  /** What it is. */
  readonly kind: MessageKind;
  /** The data stream that it belongs to, if any. */
  readonly streamId?: string;
  /** The frame as it goes out: one line of JSON. */
  readonly json: string;
  /** What plain clients get instead. */
  readonly raw?: string;
  /** Bytes of `json` in UTF-8. */
  readonly bytes: number;
}

/** A part of a channel's log. */
export interface LogPage {
  /** The log's epoch. */
  readonly epoch: string;
  /** The offset of the newest message in the channel, 0 before the first. */
  readonly top: number;
  /** The offset of the oldest message that the log still holds; `top + 1` if it holds none. */
  readonly first: number;
  /** Consecutive messages, in order. */
  readonly entries: readonly LogEntry[];
}

/** A data stream that has begun and not ended. */
export interface OpenStream {
  /** The stream's id. */
  readonly streamId: string;
  /** The topic that it is published to. */
  readonly topic: string;
  /** The offset of its `datastream-start`. */
  readonly offset: number;
}

/** What a subscriber needs to know of a channel when it starts listening. */
export interface ChannelState extends Position {
  /** Data streams that are open at this position, oldest first. */
  readonly openStreams: readonly OpenStream[];
}

/** Who follows a channel. It is called for one thing after the other, in the order of the log. */
export interface LogListener {
  /** A new message: the next of the epoch after the one before, or after the position that was told last. */
  entry(epoch: string, entry: LogEntry): void;
  /** The log can't be followed from where it was: it was lost, or lost messages. What comes next stands after this position. */
  moved(position: Position): void;
}

/**
 * Keeps the channels' logs and tells gateways of new messages.
 *
 * A broker MUST give each channel one order: offsets grow by exactly 1, an (epoch, offset) pair never
 * names two messages, and every listener gets entries in the order of their offsets. It MUST make a new epoch when it
 * can't tell whether messages were lost, and MUST NOT reuse one. What it can't do now it MUST refuse in bounded time, with
 * `unavailable`, and MUST NOT keep for later.
 */
export interface Broker {
  /** Its name, for health checks and logs. */
  readonly name: string;

  /**
   * Appends messages to a channel's log, all or none, next to each other, and notifies its listeners.
   *
   * It MUST resolve only when they are in the log. With a `key` that was used on the channel in the last 2 minutes it
   * MUST append nothing and resolve with the ids of that time. One that need not wait may return without a promise, which
   * spares 0.2 to 0.9 µs a message.
   *
   * @returns The ids, one for each message.
   */
  publish(
    channel: string,
    messages: readonly NewMessage[],
    key?: string,
  ): MaybePromise<readonly string[]>;

  /**
   * Starts listening to a channel. Every message later than the state's position that this resolves with MUST reach the listener,
   * or be told as moved, also after the broker could not be reached for a while. One listener a channel at a time.
   */
  subscribe(channel: string, listener: LogListener): Promise<ChannelState>;

  /** Stops listening to a channel. */
  unsubscribe(channel: string): void;

  /**
   * Reads the messages after an offset: at most `limit` of them and about `maxBytes`, at least one if there is one.
   * If the log no longer holds `after + 1`, it starts with the oldest that it holds.
   */
  read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
  ): Promise<LogPage>;

  /** The position before the `count` newest messages of the topics that the log holds. */
  before(
    channel: string,
    topics: ReadonlySet<string>,
    count: number,
  ): Promise<Position>;

  /**
   * Says how many of this gateway's connections follow each topic of a channel, in place of what was said before; the topic
   * `""` stands for the channel: how many follow any topic of it. What a gateway said MUST be forgotten within 30 s of its end.
   */
  announce(channel: string, subscribers: ReadonlyMap<string, number>): void;

  /** How many connections follow a topic of a channel, or any topic of it, at all gateways together. */
  subscribers(channel: string, topic?: string): Promise<number>;

  /** Whether it can be used; the reason if not. */
  health(): Promise<{ ok: boolean; detail?: string }>;

  /** Lets go of everything. Nothing is called afterwards. */
  close(): Promise<void>;
}
