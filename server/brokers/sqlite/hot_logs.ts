import type { Position } from "../../../core/protocol/id.ts";
import { BoundedLogs, notify } from "../bounded_logs.ts";
import type {
  ChannelState,
  LogListener,
  LogPage,
  LogUsage,
  NewMessage,
} from "../broker.ts";
import type { ChannelLog } from "../channel_logs.ts";
import type { Retention } from "../log.ts";
import type { Appended } from "./calls/requests.ts";

/** Milliseconds after which the messages of a channel leave the memory, if nobody follows it, and between two looks. */
const IDLE_MS = { limit: 60_000, look: 1_000 } as const;

/** The newest messages of the logs that are in use, in memory. The database has these too. */
export class HotLogs {
  readonly #logs: BoundedLogs;
  #sweeper: ReturnType<typeof setInterval> | undefined;

  constructor(retention: Retention, budget: number) {
    const idleMs = Math.min(retention.ttlMs, IDLE_MS.limit);
    this.#logs = new BoundedLogs({ retention, budget, idleMs });
  }

  /** Adds messages that were committed, and gives them to the channel's listener. */
  add(
    channel: string,
    { epoch, first }: Appended,
    messages: readonly NewMessage[],
  ): void {
    const log = this.#at(channel, { epoch, offset: first - 1 });
    const wasWhole = isWhole(log);
    const entries = this.#logs.append(log, messages, now());
    if (wasWhole) log.storedFirst = log.first;
    this.#logs.keepBudget(log);
    notify(log, entries);
  }

  /** Begins to notify a listener of the messages after a channel's state. */
  follow(channel: string, state: ChannelState, listener: LogListener): void {
    this.#at(channel, state).listener = listener;
  }

  unfollow(channel: string): void {
    const log = this.#logs.get(channel);
    if (log) log.listener = undefined;
  }

  /** Forgets a channel that the database no longer has. */
  forget(channel: string): void {
    const log = this.#logs.get(channel);
    if (log) this.#logs.delete(log);
  }

  /** Reads a page, unless some of its messages are in the database only. */
  read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
    topics?: ReadonlySet<string>,
  ): LogPage | undefined {
    const log = this.#logs.get(channel);
    if (!log) return undefined;
    const wasWhole = isWhole(log);
    this.#logs.trim(log, now());
    if (wasWhole) log.storedFirst = log.first;
    if (after + 1 < log.first && !isWhole(log)) return undefined;
    const page = log.read(after, limit, maxBytes, topics);
    return { ...page, first: Math.min(log.storedFirst, page.first) };
  }

  /** Notes the beginning of a log, as the database told it. */
  noteFirst(channel: string, epoch: string, first: number): void {
    const log = this.#logs.get(channel);
    if (log?.epoch === epoch) {
      log.storedFirst = Math.max(log.storedFirst, first);
    }
  }

  /** Finds the position before the newest messages of some topics, where the whole log is in memory. */
  before(
    channel: string,
    topics: ReadonlySet<string>,
    count: number,
  ): Position | undefined {
    const log = this.#logs.get(channel);
    if (!log || !isWhole(log)) return undefined;
    this.#logs.trim(log, now());
    log.storedFirst = log.first;
    return { epoch: log.epoch, offset: log.before(topics, count) };
  }

  usage(): LogUsage {
    return this.#logs.usage();
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#logs.clear();
  }

  /** Returns a channel's log, which stands at a position. It is a new one where the old one stood elsewhere. */
  #at(channel: string, position: Position): ChannelLog {
    this.#startSweeper();
    const known = this.#logs.get(channel);
    const isThere = known?.epoch === position.epoch &&
      known.top === position.offset;
    if (known && !isThere) this.#logs.delete(known);
    const log = this.#logs.use(channel, now(), position);
    if (known && !isThere) {
      log.listener = known.listener;
      log.listener?.moved(position);
    }
    return log;
  }

  #startSweeper(): void {
    if (this.#sweeper !== undefined) return;
    this.#sweeper = setInterval(() => this.#logs.sweep(now()), IDLE_MS.look);
    // It must not keep the process alive. On Deno a timer is a number.
    if (typeof this.#sweeper === "object") this.#sweeper.unref();
  }
}

/** Whether memory has all that the database has of a log. */
function isWhole(log: ChannelLog): boolean {
  return log.storedFirst >= log.first;
}

function now(): number {
  return Math.floor(performance.now());
}
