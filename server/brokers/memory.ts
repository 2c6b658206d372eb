import { formatId, type Position } from "../../core/protocol/id.ts";
import { OptionReader } from "../../core/protocol/option_reader.ts";
import type {
  Broker,
  BrokerHealth,
  ChannelState,
  FirstReply,
  LogListener,
  LogPage,
  LogUsage,
  NewMessage,
  ReadOptions,
  ReplyTarget,
} from "./broker.ts";
import { BoundedLogs, idsOf, notify } from "./bounded_logs.ts";
import type { ChannelLog } from "./channel_logs.ts";
import {
  historySettings,
  MEMORY_BUDGET,
  type MemoryOptions,
} from "./history_options.ts";
import type { LogSummary } from "./log_summary.ts";
import { MemoryRevocations } from "./memory_revocations.ts";
import { RememberedKeys } from "./remembered_keys.ts";
import type {
  RevocationListener,
  RevocationRecord,
} from "./revocation_store.ts";

/** Options of a {@linkcode MemoryBroker}. */
export interface MemoryBrokerOptions extends MemoryOptions {
  /**
   * The clock, in milliseconds. It must not go back.
   *
   * @default {the whole milliseconds of performance.now}
   */
  now?: (() => number) | undefined;
}

const SWEEP_MS = 1000;

/**
 * Keeps the logs in the memory of one process. It is the default broker and needs no other program. A restart loses the logs, which
 * clients see by the new epoch.
 *
 * @example
 * ```ts
 * import { createGateway, MemoryBroker } from "@tidings/realtime/server";
 *
 * const gateway = createGateway({
 *   broker: new MemoryBroker({ historySize: 10_000 }),
 *   signingKey: "a-key-of-at-least-32-characters-0000",
 * });
 * ```
 */
export class MemoryBroker implements Broker {
  /** Always `"memory"`. */
  readonly name = "memory";
  readonly #now: () => number;
  readonly #logs: BoundedLogs;
  readonly #subscribers = new Map<string, ReadonlyMap<string, number>>();
  readonly #keys: RememberedKeys;
  readonly #keyTtlMs: number;
  readonly #revocations = new MemoryRevocations();
  #closed = false;
  #sweeper: ReturnType<typeof setInterval> | undefined;

  /**
   * Creates a broker without any channel.
   *
   * @throws {RealtimeError} `invalid_argument` for a number or duration that can't be used.
   */
  constructor(options: MemoryBrokerOptions = {}) {
    const read = new OptionReader("Cannot create a memory broker", options);
    const { retention, keyTtlMs } = historySettings(read);
    const budget = read.whole("memoryBudget", MEMORY_BUDGET);
    const idleMs = retention.ttlMs;
    this.#logs = new BoundedLogs({ retention, budget, idleMs });
    this.#keys = new RememberedKeys(budget / 2);
    this.#keyTtlMs = keyTtlMs;
    // V8 needs an object for each time of a message that is not a whole number.
    this.#now = options.now ?? (() => Math.floor(performance.now()));
  }

  /** Appends messages to the log in memory, and calls the listener. */
  publish(
    channel: string,
    messages: readonly NewMessage[],
    key?: string,
    keyTtlMs: number = this.#keyTtlMs,
  ): readonly string[] {
    const now = this.#now();
    const keyName = key === undefined ? undefined : `${channel}\n${key}`;
    if (keyName !== undefined) {
      const known = this.#keys.get(keyName, now);
      if (known) return idsOf(known.epoch, known.first, known.count);
    }
    const log = this.#use(channel, now);
    const entries = this.#logs.append(log, messages, now);
    const { epoch } = log;
    const count = entries.length;
    const first = log.top - count + 1;
    if (keyName !== undefined) {
      this.#keys.add(keyName, { epoch, first, count }, now, keyTtlMs);
    }
    this.#logs.keepBudget(log, this.#keys.bytes);
    notify(log, entries);
    return idsOf(epoch, first, count);
  }

  /** Appends a reply to the log in memory, unless the log or a key that is remembered knows an earlier one. */
  reply(
    channel: string,
    message: NewMessage,
    { epoch, offset, key, keyTtlMs = 0 }: ReplyTarget,
  ): FirstReply | undefined {
    const now = this.#now();
    const log = this.#use(channel, now);
    this.#logs.trim(log, now);
    if (epoch === log.epoch && offset > log.top) return undefined;
    const question = `${message.topic}\n${formatId(epoch, offset)}`;
    const inLog = log.replyTo(question);
    if (inLog) return { id: formatId(log.epoch, inLog.offset), key: inLog.key };
    // No channel's name is empty, so that no idempotency key has this name.
    const keyName = `\n${channel}\n${question}`;
    const known = this.#keys.get(keyName, now);
    if (known) {
      const { epoch, first, replyKey = "" } = known;
      return { id: formatId(epoch, first), key: replyKey };
    }
    const reply = { to: question, key };
    const entries = this.#logs.append(log, [message], now, reply);
    const first = log.top;
    const remembered = { epoch: log.epoch, first, count: 1, replyKey: key };
    const ttlMs = Math.max(keyTtlMs, this.#keyTtlMs);
    this.#keys.add(keyName, remembered, now, ttlMs);
    this.#logs.keepBudget(log, this.#keys.bytes);
    notify(log, entries);
    return { id: formatId(log.epoch, first), key };
  }

  /** Starts listening to a channel, at the position of this moment. */
  subscribe(channel: string, listener: LogListener): Promise<ChannelState> {
    const log = this.#use(channel, this.#now());
    log.listener = listener;
    const { epoch, top, openStreams } = log;
    return Promise.resolve({ epoch, offset: top, openStreams });
  }

  /** Stops listening to a channel. Its log stays as long as any other. */
  unsubscribe(channel: string): void {
    this.#use(channel, this.#now()).listener = undefined;
  }

  /** Reads a page of the log in memory. */
  read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
    { topics }: ReadOptions = {},
  ): Promise<LogPage> {
    const log = this.#fresh(channel);
    return Promise.resolve(log.read(after, limit, maxBytes, topics));
  }

  /** Searches the log for the newest messages, from its top. */
  before(
    channel: string,
    topics: ReadonlySet<string>,
    count: number,
  ): Promise<Position> {
    const log = this.#fresh(channel);
    const offset = log.before(topics, count);
    return Promise.resolve({ epoch: log.epoch, offset });
  }

  /** Keeps the announcement. There is no other gateway. */
  announce(channel: string, subscribers: ReadonlyMap<string, number>): void {
    if (subscribers.size === 0) this.#subscribers.delete(channel);
    else this.#subscribers.set(channel, subscribers);
  }

  /** Returns the number that this gateway announced. */
  subscribers(channel: string, topic = ""): Promise<number> {
    return Promise.resolve(this.#subscribers.get(channel)?.get(topic) ?? 0);
  }

  /** Keeps revocations until the process ends. */
  revoke(revocations: readonly RevocationRecord[]): void {
    this.#revocations.revoke(revocations);
  }

  /** Tells of the kept revocations at once. */
  followRevocations(listener: RevocationListener): void {
    this.#revocations.followRevocations(listener);
  }

  /** Returns at once: the listener has everything. */
  awaitRevocations(): void {}

  /** Reports that the broker can be used: memory always can. */
  health(): Promise<BrokerHealth> {
    return Promise.resolve({ ok: true });
  }

  /** Looks at the logs in memory. */
  summarize(
    channels: readonly string[],
  ): Promise<ReadonlyArray<LogSummary | undefined>> {
    const now = this.#now();
    return Promise.resolve(
      channels.map((channel) => this.#logs.get(channel)?.summarize(now)),
    );
  }

  /** Counts what is in memory, messages among it that are too old and not dropped yet. */
  usage(): LogUsage {
    return this.#logs.usage();
  }

  /** Drops all logs and listeners. */
  close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    this.#logs.clear();
    this.#subscribers.clear();
    this.#keys.clear();
    this.#revocations.clear();
    return Promise.resolve();
  }

  /** Returns the channel's log, without messages that are too old. */
  #fresh(channel: string): ChannelLog {
    const now = this.#now();
    const log = this.#logs.get(channel) ?? this.#use(channel, now);
    this.#logs.trim(log, now);
    return log;
  }

  /** Returns the channel's log, and makes it the one that was used last. */
  #use(channel: string, now: number): ChannelLog {
    this.#startSweeper();
    return this.#logs.use(channel, now);
  }

  /** Starts the timer that drops old logs and keys. It runs only while there are any. */
  #startSweeper(): void {
    if (this.#sweeper !== undefined || this.#closed) return;
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS);
    // The sweeper must not keep the process alive. On Deno and in browsers a timer is a number.
    if (typeof this.#sweeper === "object") this.#sweeper.unref();
  }

  /** Drops messages and keys that are too old, and logs that are empty and have no listener. */
  #sweep(): void {
    const now = this.#now();
    this.#keys.sweep(now);
    this.#logs.sweep(now);
    if (this.#logs.size === 0 && this.#keys.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }
}
