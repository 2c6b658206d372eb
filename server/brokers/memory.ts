import { formatId, type Position } from "../../core/protocol/id.ts";
import type {
  Broker,
  ChannelState,
  LogListener,
  LogPage,
  NewMessage,
} from "./broker.ts";
import { Log, type Retention } from "./log.ts";
import { MemoryRevocations } from "./memory_revocations.ts";
import type {
  RevocationListener,
  RevocationRecord,
} from "./revocation_store.ts";

/** Options of a {@linkcode MemoryBroker}. */
export interface MemoryBrokerOptions {
  /**
   * Messages in a channel's log.
   *
   * @default {1000}
   */
  historySize?: number;
  /**
   * Seconds that a message stays in the log.
   *
   * @default {300}
   */
  historyTtl?: number;
  /**
   * Bytes in a channel's log.
   *
   * @default {8388608}
   */
  historyBytes?: number;
  /**
   * Bytes in the logs of all channels together. The channel that was idle longest loses its messages first.
   *
   * @default {268435456}
   */
  memoryBudget?: number;
  /**
   * Milliseconds that an idempotency key is remembered.
   *
   * @default {120000}
   */
  keyTtlMs?: number;
  /**
   * The clock, in milliseconds. It must not go back.
   *
   * @default {performance.now}
   */
  now?: () => number;
}

/** The result of a publish with an idempotency key. */
interface Remembered {
  readonly ids: readonly string[];
  readonly until: number;
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
  readonly #retention: Retention;
  readonly #budget: number;
  readonly #keyTtlMs: number;
  readonly #now: () => number;
  /** In the order of their last use: the log that was idle longest comes first. */
  readonly #logs = new Map<string, Log>();
  /** The log that was used last, which is at the end of the order already. */
  #newest: Log | undefined;
  /** Channels whose logs hold messages, in the same order. The budget takes from them. */
  readonly #filled = new Set<string>();
  readonly #listeners = new Map<string, LogListener>();
  readonly #subscribers = new Map<string, ReadonlyMap<string, number>>();
  /** In the order of their expiry. */
  readonly #keys = new Map<string, Remembered>();
  readonly #revocations = new MemoryRevocations();
  #bytes = 0;
  #closed = false;
  #sweeper: ReturnType<typeof setInterval> | undefined;

  /** Creates a broker without any channel. */
  constructor(options: MemoryBrokerOptions = {}) {
    this.#retention = {
      size: options.historySize ?? 1000,
      ttlMs: (options.historyTtl ?? 300) * 1000,
      bytes: options.historyBytes ?? 8 * 1024 * 1024,
    };
    this.#budget = options.memoryBudget ?? 256 * 1024 * 1024;
    this.#keyTtlMs = options.keyTtlMs ?? 120_000;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Appends messages to the log in memory, and calls the listener. */
  publish(
    channel: string,
    messages: readonly NewMessage[],
    key?: string,
  ): readonly string[] {
    const now = this.#now();
    const keyName = key === undefined ? undefined : `${channel}\n${key}`;
    if (keyName !== undefined) {
      const known = this.#keys.get(keyName);
      if (known && known.until > now) return known.ids;
      this.#keys.delete(keyName);
    }
    const log = this.#use(channel, now);
    const before = log.bytes;
    const listener = this.#listeners.get(channel);
    const entries = messages.map((message) => log.append(message, now));
    log.trim(this.#retention, now);
    this.#bytes += log.bytes - before;
    this.#filled.add(channel);
    const ids = entries.map(({ offset }) => formatId(log.epoch, offset));
    if (keyName !== undefined) {
      this.#keys.set(keyName, { ids, until: now + this.#keyTtlMs });
    }
    this.#keepBudget(channel);
    if (listener) {
      for (const entry of entries) listener.entry(log.epoch, entry);
    }
    return ids;
  }

  /** Starts listening to a channel, at the position of this moment. */
  subscribe(channel: string, listener: LogListener): Promise<ChannelState> {
    const { epoch, top, openStreams } = this.#use(channel, this.#now());
    this.#listeners.set(channel, listener);
    return Promise.resolve({ epoch, offset: top, openStreams });
  }

  /** Stops listening to a channel. Its log stays as long as any other. */
  unsubscribe(channel: string): void {
    this.#use(channel, this.#now());
    this.#listeners.delete(channel);
  }

  /** Reads a page of the log in memory. */
  read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
  ): Promise<LogPage> {
    const log = this.#fresh(channel);
    return Promise.resolve(log.read(after, limit, maxBytes));
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
  health(): Promise<{ ok: boolean }> {
    return Promise.resolve({ ok: true });
  }

  /** Drops all logs and listeners. */
  close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#sweeper);
    this.#logs.clear();
    this.#newest = undefined;
    this.#filled.clear();
    this.#listeners.clear();
    this.#subscribers.clear();
    this.#keys.clear();
    this.#revocations.clear();
    this.#bytes = 0;
    return Promise.resolve();
  }

  /** Returns the channel's log, without messages that are too old. */
  #fresh(channel: string): Log {
    const now = this.#now();
    const log = this.#logs.get(channel) ?? this.#use(channel, now);
    this.#trim(log, now);
    return log;
  }

  #trim(log: Log, now: number): void {
    const before = log.bytes;
    log.trim(this.#retention, now);
    this.#bytes += log.bytes - before;
  }

  /** Returns the channel's log, and makes it the one that was used last. */
  #use(channel: string, now: number): Log {
    const log = this.#logs.get(channel) ?? new Log(now);
    log.usedAt = now;
    if (log === this.#newest) return log;
    this.#newest = log;
    this.#logs.delete(channel);
    this.#logs.set(channel, log);
    if (this.#filled.delete(channel)) this.#filled.add(channel);
    this.#startSweeper();
    return log;
  }

  /** Clears the logs of idle channels while all logs together exceed the budget. */
  #keepBudget(current: string): void {
    if (this.#bytes <= this.#budget) return;
    for (const channel of this.#filled) {
      const log = this.#logs.get(channel);
      if (channel === current || !log) continue;
      this.#bytes -= log.bytes;
      log.clear();
      this.#filled.delete(channel);
      if (this.#bytes <= this.#budget) return;
    }
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
    for (const [key, { until }] of this.#keys) {
      if (until > now) break;
      this.#keys.delete(key);
    }
    for (const [channel, log] of this.#logs) {
      // This log and all that follow were used recently enough.
      if (now - log.usedAt < this.#retention.ttlMs) break;
      this.#trim(log, now);
      if (log.length === 0) this.#filled.delete(channel);
      if (!this.#listeners.has(channel)) this.#logs.delete(channel);
    }
    if (this.#logs.size === 0 && this.#keys.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
  }
}
