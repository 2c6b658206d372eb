import { formatId, type Position } from "../../core/protocol/id.ts";
import type { LogEntry, LogUsage, NewMessage } from "./broker.ts";
import { type ChannelLog, ChannelLogs } from "./channel_logs.ts";
import type { LoggedReply, Retention } from "./log.ts";

/** Options of {@linkcode BoundedLogs}. */
export interface BoundedLogsOptions {
  /** The bounds of each log. */
  readonly retention: Retention;
  /** Bytes of all logs together. */
  readonly budget: number;
  /** Milliseconds after which a log that nobody uses or listens to is forgotten. */
  readonly idleMs: number;
}

/** Logs in memory, each within its bounds, and all of them within a budget. */
export class BoundedLogs {
  readonly #options: BoundedLogsOptions;
  readonly #logs = new ChannelLogs();
  /** Bytes of memory that the messages take. */
  #bytes = 0;

  constructor(options: BoundedLogsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#logs.size;
  }

  get(channel: string): ChannelLog | undefined {
    return this.#logs.get(channel);
  }

  /**
   * Returns a channel's log, a new one if it has none, and makes it the one that was used last.
   *
   * @param after The position after which a new log begins.
   */
  use(channel: string, now: number, after?: Position): ChannelLog {
    return this.#logs.use(channel, now, after);
  }

  /** Appends messages to a log, and drops those that are out of its bounds then. */
  append(
    log: ChannelLog,
    messages: readonly NewMessage[],
    now: number,
    reply?: LoggedReply,
  ): readonly LogEntry[] {
    const before = log.bytes;
    const entries = messages.map((message) => log.append(message, now, reply));
    log.trim(this.#options.retention, now);
    this.#bytes += log.bytes - before;
    return entries;
  }

  /** Drops the messages that are out of a log's bounds. */
  trim(log: ChannelLog, now: number): void {
    const before = log.bytes;
    log.trim(this.#options.retention, now);
    this.#bytes += log.bytes - before;
  }

  /**
   * Clears the logs that were not used for longest while all of them exceed the budget.
   *
   * @param current The log that is in use now, and stays.
   * @param reserved Bytes of the budget that something else takes.
   */
  keepBudget(current: ChannelLog, reserved = 0): void {
    const budget = this.#options.budget - reserved;
    if (this.#bytes <= budget) return;
    for (const log of this.#logs.filled()) {
      if (log === current) continue;
      this.#bytes -= log.bytes;
      log.clear();
      if (this.#bytes <= budget) return;
    }
  }

  /** Forgets the logs that nobody used for a while, and drops the old messages of those that have a listener. */
  sweep(now: number): void {
    for (const log of this.#logs.oldestFirst()) {
      // This log and all that follow were used recently enough.
      if (now - log.usedAt < this.#options.idleMs) break;
      this.trim(log, now);
      if (!log.listener) this.delete(log);
    }
  }

  delete(log: ChannelLog): void {
    this.#bytes -= log.bytes;
    this.#logs.delete(log);
  }

  clear(): void {
    this.#logs.clear();
    this.#bytes = 0;
  }

  /** Counts what is in memory, messages among it that are too old and not dropped yet. */
  usage(): LogUsage {
    let messages = 0;
    for (const { length } of this.#logs.filled()) messages += length;
    return { messages, bytes: this.#bytes };
  }
}

/** Gives new messages of a log to its listener. */
export function notify(
  { listener, epoch }: ChannelLog,
  entries: readonly LogEntry[],
): void {
  if (!listener) return;
  for (const entry of entries) listener.entry(epoch, entry);
}

/** Returns the ids of messages that follow each other. */
export function idsOf(epoch: string, first: number, count: number): string[] {
  const ids = new Array<string>(count);
  for (let i = 0; i < count; i++) ids[i] = formatId(epoch, first + i);
  return ids;
}
