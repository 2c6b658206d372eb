import type { Position } from "../../core/protocol/id.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import type { GatewayLink } from "./gateway_link.ts";
import type { LogSummary } from "./log_summary.ts";
import type { RevocationStore } from "./revocation_store.ts";
import type { LogEntry, NewMessage } from "../wire/log_entry.ts";

export type { LogEntry, NewMessage } from "../wire/log_entry.ts";

/** The message that a reply answers. */
export interface ReplyTarget extends Position {
  /** Tells the publisher's retries from other replies. It may contain anything. */
  readonly key: string;
  /** How long the first reply is known at least, in milliseconds, where that is longer than the broker's own time. */
  readonly keyTtlMs?: number | undefined;
}

/** The first reply to a message in a topic. */
export interface FirstReply {
  /** Its id. */
  readonly id: string;
  /** The key that it was published with. */
  readonly key: string;
}

/** The wanted part of a log, and the reader that asks for it. */
export interface ReadOptions {
  /** The topics whose messages are wanted; every topic without it. */
  readonly topics?: ReadonlySet<string> | undefined;
  /** For whom it is, such as the id of a token: readers get their turns one after the other. Absent for the gateway and its app. */
  readonly reader?: string | undefined;
}

/** A part of a channel's log, from one offset to another. No message in between was lost. */
export interface LogPage {
  /** The log's epoch. */
  readonly epoch: string;
  /** The offset of the newest message that was ever appended, 0 before the first. */
  readonly top: number;
  /** The offset of the oldest message that the log still holds, or `top + 1` if it holds none. */
  readonly first: number;
  /** The offset where the part begins. The log no longer has the messages between the position that was asked for and this one. */
  readonly start: number;
  /** The offset of the part's last message, `start - 1` if it has none. The next page is read after it. */
  readonly end: number;
  /** The messages from `start` to `end` that are of a wanted topic, in order. */
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

/** A data stream that was open when the gateway's process ended. */
export interface InterruptedStream {
  /** The channel that it is in. */
  readonly channel: string;
  /** Its id. */
  readonly streamId: string;
}

/** The state of a channel at the moment when a gateway starts to listen to it. */
export interface ChannelState extends Position {
  /** Data streams that are open at this position, oldest first. */
  readonly openStreams: readonly OpenStream[];
}

/** The content of the logs that a process keeps itself. */
export interface LogUsage {
  /** Messages in all logs together. */
  readonly messages: number;
  /** Bytes of memory that they take. */
  readonly bytes: number;
  /** Bytes of the file that has the logs, where there is one. */
  readonly fileBytes?: number;
}

/** Whether a broker can be used, and if not, why. */
export interface BrokerHealth {
  /** Whether it can be used. */
  readonly ok: boolean;
  /** The reason, as a sentence without an address or a password. */
  readonly detail?: string;
}

/** Gets the changes of a broker's health. */
export type HealthListener = (health: BrokerHealth) => void;

/** Gets what happens to a channel, one call after the other, in the order of the log. */
export interface LogListener {
  /** A message was appended. It follows the message of the last call or the position of the last `moved`. */
  entry(epoch: string, entry: LogEntry): void;
  /** The log was lost, or lost messages that the listener did not get. The next message follows this position. */
  moved(position: Position): void;
}

/**
 * Keeps the channels' logs, and notifies gateways of new messages. It keeps the revocations of tokens too.
 *
 * A broker MUST give each channel one order: offsets grow by exactly 1, an (epoch, offset) pair never stands for two messages, and
 * every listener gets entries in the order of their offsets. It MUST begin a new epoch when it can't tell whether messages were lost,
 * and MUST NOT use an epoch twice. When it can't do something now, it MUST refuse it with `unavailable` in bounded time, and MUST NOT
 * do it later.
 */
export interface Broker extends RevocationStore {
  /** Its name, for health checks and logs. */
  readonly name: string;

  /**
   * Whether publishes and replies take effect in the order of the calls, also of calls that don't wait for each other. When one rejects with
   * `unavailable`, those that were called after it and before its rejection MUST NOT take effect without it. Otherwise the gateway calls
   * for the next message of a channel only when the one before is published.
   */
  readonly keepsCallOrder?: boolean;

  /**
   * Appends messages to a channel's log, all or none, next to each other, and notifies its listeners.
   *
   * It MUST resolve, with their ids, only when they are in the log. If `key`, an idempotency key, was used on the channel before, it MUST
   * append nothing and resolve with the earlier ids, until `keyTtlMs` milliseconds after the key's first use, or 2 minutes where no time is
   * given.
   * A broker that need not wait may return without a promise, which saves 0.2 to 0.9 µs a message.
   */
  publish(
    channel: string,
    messages: readonly NewMessage[],
    key?: string,
    keyTtlMs?: number,
  ): MaybePromise<readonly string[]>;

  /**
   * Appends a reply to a message, unless that message already has a reply in this topic. Resolves with the first reply, which is the
   * new one if it was appended, or with `undefined` if the channel's log hasn't reached the message yet.
   *
   * It MUST decide and append in one step, also if several gateways ask at the same time. It MUST know the first reply for as long as
   * the log holds it, and for 2 minutes at least, or for the target's `keyTtlMs`. It SHOULD find it without a search of the log. A message
   * of a log that was lost can have replies too.
   */
  reply(
    channel: string,
    message: NewMessage,
    target: ReplyTarget,
  ): MaybePromise<FirstReply | undefined>;

  /**
   * Starts listening to a channel. The listener MUST get every message after the position that this resolves with, or `moved`
   * instead, also after the broker could not be reached for a while. A channel has one listener at a time.
   */
  subscribe(channel: string, listener: LogListener): Promise<ChannelState>;

  /** Stops listening to a channel. */
  unsubscribe(channel: string): void;

  /**
   * Reads the messages after an offset, at most `limit` of them and about `maxBytes`. If the log no longer holds `after + 1`, the page
   * begins with the next message that it holds.
   *
   * Each page covers at least one message if there is one. A broker SHOULD look at a bounded part of the log at a time, so a page may have
   * no message of the topics although the log goes on after its `end`. It may reject with `rate_limited` where a reader asks for too much.
   */
  read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
    options?: ReadOptions,
  ): Promise<LogPage>;

  /** Returns the position before the `count` newest messages of the topics in the log. */
  before(
    channel: string,
    topics: ReadonlySet<string>,
    count: number,
    reader?: string,
  ): Promise<Position>;

  /**
   * Announces how many of this gateway's connections follow each topic of a channel, and replaces the last announcement. The topic
   * `""` counts the connections that follow any topic. An announcement MUST be forgotten within 30 s of its gateway's end.
   */
  announce(channel: string, subscribers: ReadonlyMap<string, number>): void;

  /** Counts the connections of all gateways that follow a topic of a channel, or any topic of it. */
  subscribers(channel: string, topic?: string): Promise<number>;

  /** Tells whether the broker can be used, and if not, why. */
  health(): Promise<BrokerHealth>;

  /**
   * Starts to tell the broker's health. The listener MUST get each change within a few seconds, the first time when the broker can't be used.
   * It MUST have what {@linkcode Broker.health} resolves with before that resolves. A gateway calls it once. A broker that can always be used
   * needn't have it.
   */
  followHealth?(listener: HealthListener): void;

  /** How the gateways of this broker ask each other, for operators; absent where a broker has one gateway. */
  readonly link?: GatewayLink | undefined;

  /**
   * Tells operators how much it keeps of some channels, in their order; `undefined` stands for a channel of which it keeps nothing. It MUST
   * NOT create or change a log. A broker needn't have it.
   */
  summarize?(
    channels: readonly string[],
  ): Promise<ReadonlyArray<LogSummary | undefined>>;

  /**
   * Returns the data streams that are open in its logs though no gateway has begun or continued one yet. A gateway of a broker whose logs
   * outlive it alone calls it when it starts, and ends those whose producers are gone. Other brokers needn't have it.
   */
  interruptedStreams?(): Promise<readonly InterruptedStream[]>;

  /** Tells what the logs in the memory of this process hold. A broker whose logs are in another program has no such method: that program's own metrics tell it. */
  usage?(): LogUsage;

  /** Ends all connections and timers. Nothing is called afterwards. */
  close(): Promise<void>;
}
