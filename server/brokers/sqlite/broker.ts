import { getLogger } from "@logtape/logtape";
import { resolve } from "node:path";
import { formatId, type Position } from "../../../core/protocol/id.ts";
import { OptionReader } from "../../../core/protocol/option_reader.ts";
import { within } from "../../../core/time/within.ts";
import { Buffer } from "node:buffer";
import { idsOf } from "../bounded_logs.ts";
import type {
  Broker,
  BrokerHealth,
  ChannelState,
  FirstReply,
  HealthListener,
  InterruptedStream,
  LogEntry,
  LogListener,
  LogPage,
  LogUsage,
  NewMessage,
  ReadOptions,
  ReplyTarget,
} from "../broker.ts";
import { frameEnd } from "../../wire/frame_layout.ts";
import { HealthWatch } from "../health_watch.ts";
import { ReadTurns } from "../read_turns.ts";
import type { LogSummary } from "../log_summary.ts";
import { MemoryRevocations } from "../memory_revocations.ts";
import type {
  RevocationListener,
  RevocationRecord,
} from "../revocation_store.ts";
import { HotLogs } from "./hot_logs.ts";
import { historySettings, MEMORY_BUDGET } from "../history_options.ts";
import type { SqliteBrokerOptions } from "./options.ts";
import type { StoredMessage, StoredPage } from "./calls/requests.ts";
import { StorageThread } from "./calls/storage_thread.ts";

/** Milliseconds that the disk may take to answer a check of the health. */
const HEALTH_MS = 2_000;

/** Most reads of the file that are under way, each of which holds a page of 4 MiB at most. */
const READS_AT_ONCE = 32;

const logger = getLogger(["tidings", "sqlite"]);

/** The settings of a broker whose database is open. */
interface Opened {
  readonly thread: StorageThread;
  readonly hot: HotLogs;
  readonly keyTtlMs: number;
  readonly revocations: MemoryRevocations;
}

/**
 * Keeps the logs in one file, a SQLite database of which one gateway is the owner. A message that is acknowledged is on the disk: neither the
 * end of the process nor a power cut loses it, and clients resume after a restart without a gap.
 *
 * Logs that are in use are served from memory; the file is read for what is older. A commit waits for the disk, and messages that are
 * published meanwhile share the next one.
 *
 * @example
 * ```ts
 * import { createGateway } from "@tidings/realtime/server";
 * import { SqliteBroker } from "@tidings/realtime/server/sqlite";
 *
 * const broker = await SqliteBroker.open({
 *   path: "./tidings.db",
 *   historyTtl: "7d",
 * });
 * const gateway = createGateway({
 *   broker,
 *   signingKey: "a-key-of-at-least-32-characters-0000",
 * });
 * await gateway.close();
 * ```
 */
export class SqliteBroker implements Broker {
  /** Always `"sqlite"`. */
  readonly name = "sqlite";
  /** Publishes take effect in the order of the calls. */
  readonly keepsCallOrder = true;
  readonly #thread: StorageThread;
  readonly #hot: HotLogs;
  readonly #keyTtlMs: number;
  readonly #revocations: MemoryRevocations;
  readonly #health: HealthWatch;
  readonly #turns = new ReadTurns("SQLite", READS_AT_ONCE);
  readonly #listeners = new Map<string, LogListener>();
  readonly #subscribers = new Map<string, ReadonlyMap<string, number>>();
  #isClosed = false;

  private constructor({ thread, hot, keyTtlMs, revocations }: Opened) {
    this.#thread = thread;
    this.#hot = hot;
    this.#keyTtlMs = keyTtlMs;
    this.#revocations = revocations;
    this.#health = new HealthWatch(() => this.#checkHealth());
  }

  /**
   * Opens a database, or creates it.
   *
   * @throws {RealtimeError} `conflict` when another process has it open; `invalid_argument` for a file that is no database of this program or
   * of a newer release, for a folder that is missing or can't be written, and for a number or duration that can't be used. Such a file stays
   * as it is. `unavailable` when it can't be read.
   */
  static async open(options: SqliteBrokerOptions): Promise<SqliteBroker> {
    const { path, synchronous = "full" } = options;
    const read = new OptionReader("Cannot open a SQLite broker", options);
    const { retention, keyTtlMs } = historySettings(read);
    const storage = read.whole("storageBudget", Infinity);
    const budget = read.whole("memoryBudget", MEMORY_BUDGET);
    const hot = new HotLogs(retention, budget);
    const bounds = { ...retention, storage };
    const thread = await StorageThread.start(
      { path: resolve(path), synchronous, bounds },
      ({ dropped, untold: message }) => {
        for (const channel of dropped) hot.forget(channel);
        if (message === undefined) return;
        logger.warning("SQLite: {message}", {
          event: "broker.warning",
          message,
        });
      },
    );
    if (thread.wasRestored) warnOfCopy(path);
    const revocations = new MemoryRevocations();
    try {
      await thread.call(
        { name: "revocations" },
        (kept) => revocations.revoke(kept),
      );
    } catch (error) {
      await thread.close();
      throw error;
    }
    return new SqliteBroker({ thread, hot, keyTtlMs, revocations });
  }

  /** Appends messages to the log, and notifies its listener when they are committed; rejects with `unavailable` within 5 seconds. */
  publish(
    channel: string,
    messages: readonly NewMessage[],
    key?: string,
    keyTtlMs: number = this.#keyTtlMs,
  ): Promise<readonly string[]> {
    return this.#thread.call(
      { name: "publish", channel, messages, key, keyTtlMs },
      (appended) => {
        const { epoch, first, count, isNew } = appended;
        if (isNew) this.#hot.add(channel, appended, messages);
        return idsOf(epoch, first, count);
      },
    );
  }

  /** Appends a reply, unless the database knows an earlier one. */
  reply(
    channel: string,
    message: NewMessage,
    { epoch, offset, key, keyTtlMs = 0 }: ReplyTarget,
  ): Promise<FirstReply | undefined> {
    const ttlMs = Math.max(keyTtlMs, this.#keyTtlMs);
    const question = { epoch, offset };
    return this.#thread.call(
      { name: "reply", channel, message, question, key, keyTtlMs: ttlMs },
      (appended) => {
        if (!appended) return undefined;
        const { epoch, first, isNew, replyKey = "" } = appended;
        if (isNew) this.#hot.add(channel, appended, [message]);
        return { id: formatId(epoch, first), key: replyKey };
      },
    );
  }

  /** Starts listening to a channel, at its position after what is committed. */
  subscribe(channel: string, listener: LogListener): Promise<ChannelState> {
    this.#listeners.set(channel, listener);
    return this.#thread.call({ name: "follow", channel }, (state) => {
      if (this.#listeners.get(channel) === listener) {
        this.#hot.follow(channel, state, listener);
      }
      return state;
    });
  }

  /** Stops listening to a channel. Its newest messages stay in memory for a minute. */
  unsubscribe(channel: string): void {
    this.#listeners.delete(channel);
    this.#hot.unfollow(channel);
    // Without an answer the channel is kept for longer, no more.
    this.#thread.call({ name: "unfollow", channel }, () => {})
      .catch(() => {});
  }

  /** Reads a page from memory, or from the file where it begins with older messages. */
  read(
    channel: string,
    after: number,
    limit: number,
    maxBytes: number,
    { topics: wanted, reader }: ReadOptions = {},
  ): Promise<LogPage> {
    const page = this.#hot.read(channel, after, limit, maxBytes, wanted);
    if (page) return Promise.resolve(page);
    const topics = wanted && [...wanted];
    const question = { channel, after, limit, maxBytes, topics };
    const read = (): Promise<LogPage> =>
      this.#thread.call({ name: "read", ...question }, (stored) => {
        this.#hot.noteFirst(channel, stored.epoch, stored.first);
        return toPage(stored);
      });
    return this.#turns.read(reader, JSON.stringify(question), read);
  }

  /** Searches the log from its top. */
  before(
    channel: string,
    topics: ReadonlySet<string>,
    count: number,
  ): Promise<Position> {
    const position = this.#hot.before(channel, topics, count);
    if (position) return Promise.resolve(position);
    return this.#thread.call(
      { name: "before", channel, topics: [...topics], count },
      (found) => found,
    );
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

  /** Keeps revocations in the file; resolves when they are committed. */
  revoke(revocations: readonly RevocationRecord[]): Promise<void> {
    return this.#thread.call(
      { name: "revoke", revocations },
      () => this.#revocations.revoke(revocations),
    );
  }

  /** Tells of the kept revocations at once. */
  followRevocations(listener: RevocationListener): void {
    this.#revocations.followRevocations(listener);
  }

  /** Returns at once: the listener has everything. */
  awaitRevocations(): void {}

  /** Tells whether the file could be written last. When it couldn't, it tries again. */
  health(): Promise<BrokerHealth> {
    return this.#health.check();
  }

  /** Starts to check the health, once a second. */
  followHealth(listener: HealthListener): void {
    this.#health.follow(listener);
  }

  /** Looks at the logs in the file. */
  summarize(
    channels: readonly string[],
  ): Promise<ReadonlyArray<LogSummary | undefined>> {
    return this.#thread.call(
      { name: "summarize", channels },
      (all) => all.map((one) => one ?? undefined),
    );
  }

  /** Returns the data streams that were open when the process before this one ended. */
  interruptedStreams(): Promise<readonly InterruptedStream[]> {
    return this.#thread.call({ name: "interrupted" }, (streams) => streams);
  }

  /** Counts what is in memory, and the bytes of the file. */
  usage(): LogUsage {
    return { ...this.#hot.usage(), fileBytes: this.#thread.fileBytes };
  }

  /** Waits for what is under way, and closes the file; rejects with `unavailable` after 5 seconds where the disk doesn't answer. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#health.close();
    this.#revocations.clear();
    try {
      await this.#thread.close();
    } finally {
      this.#hot.close();
    }
  }

  async #checkHealth(): Promise<BrokerHealth> {
    const thread = this.#thread;
    if (thread.problem !== undefined) {
      const probe = thread.call({ name: "probe" }, () => {}).catch(() => {});
      await within(HEALTH_MS, probe);
    }
    const { trouble } = thread;
    if (trouble === undefined) return { ok: true };
    return { ok: false, detail: `the database can't be used: ${trouble}` };
  }
}

function warnOfCopy(path: string): void {
  logger.warning(
    "The database {path} is an older copy, or came without its note of the owner: every channel begins a new epoch, which clients see as one gap",
    { event: "restored", path },
  );
}

function toPage({ offset: top, messages, ...page }: StoredPage): LogPage {
  const entries = messages.map((message) => toEntry(page.epoch, message));
  return { ...page, top, entries };
}

function toEntry(
  epoch: string,
  { offset, topic, kind, streamId, raw, head }: StoredMessage,
): LogEntry {
  const json = head + frameEnd(formatId(epoch, offset));
  const bytes = Buffer.byteLength(json);
  return { offset, topic, kind, json, bytes, streamId, raw };
}
