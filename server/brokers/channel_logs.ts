import type { Position } from "../../core/protocol/id.ts";
import type { LogListener } from "./broker.ts";
import { Log } from "./log.ts";

/** The log of a channel, among those in memory. */
export class ChannelLog extends Log {
  readonly channel: string;
  /** The offset of the oldest message of the channel, where a database keeps more messages than memory. */
  storedFirst = 1;
  /** Gets the channel's new messages; absent while no client follows the channel. */
  listener: LogListener | undefined;
  /** The log that was used just before this one. */
  older: ChannelLog | undefined;
  /** The log that was used just after this one. */
  newer: ChannelLog | undefined;

  constructor(channel: string, now: number, after?: Position) {
    super(now, after);
    this.channel = channel;
  }
}

/**
 * The logs in memory, in the order of their last use. They are linked: with a `Map` and a `Set` in that order, and a `Map` of
 * listeners, a message to one of 10,000 channels took 2 µs more on Node and Deno.
 */
export class ChannelLogs {
  readonly #byChannel = new Map<string, ChannelLog>();
  #oldest: ChannelLog | undefined;
  #newest: ChannelLog | undefined;
  /** All logs that were used before this one are empty; absent while all logs are. */
  #filled: ChannelLog | undefined;

  get size(): number {
    return this.#byChannel.size;
  }

  get(channel: string): ChannelLog | undefined {
    return this.#byChannel.get(channel);
  }

  /**
   * Returns a channel's log, a new one if it has none, and makes it the one that was used last.
   *
   * @param after The position after which a new log begins.
   */
  use(channel: string, now: number, after?: Position): ChannelLog {
    let log = this.#byChannel.get(channel);
    if (!log) {
      log = new ChannelLog(channel, now, after);
      this.#byChannel.set(channel, log);
      this.#append(log);
    } else if (log !== this.#newest) {
      this.#unlink(log);
      this.#append(log);
    }
    log.usedAt = now;
    // The log that is used may get messages.
    this.#filled ??= log;
    return log;
  }

  delete(log: ChannelLog): void {
    this.#byChannel.delete(log.channel);
    this.#unlink(log);
  }

  clear(): void {
    this.#byChannel.clear();
    this.#oldest = undefined;
    this.#newest = undefined;
    this.#filled = undefined;
  }

  /** Returns all logs, the one that was idle longest first. A log may be deleted when it is reached. */
  oldestFirst(): Iterable<ChannelLog> {
    return from(this.#oldest);
  }

  /** Returns the logs with messages in the same order, and a few without. */
  filled(): Iterable<ChannelLog> {
    while (this.#filled?.length === 0) this.#filled = this.#filled.newer;
    return from(this.#filled);
  }

  #append(log: ChannelLog): void {
    log.older = this.#newest;
    log.newer = undefined;
    if (this.#newest) this.#newest.newer = log;
    else this.#oldest = log;
    this.#newest = log;
  }

  #unlink(log: ChannelLog): void {
    const { older, newer } = log;
    if (log === this.#filled) this.#filled = newer;
    if (older) older.newer = newer;
    else this.#oldest = newer;
    if (newer) newer.older = older;
    else this.#newest = older;
  }
}

function* from(first: ChannelLog | undefined): Iterable<ChannelLog> {
  for (let log = first; log;) {
    const { newer } = log;
    yield log;
    log = newer;
  }
}
