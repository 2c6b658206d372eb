import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { NewMessage } from "../../broker.ts";
import type { RevocationRecord } from "../../revocation_store.ts";
import { Channels, type StoredChannel } from "./channels.ts";
import { Clock } from "./clock.ts";
import { costOf } from "./cost.ts";
import { decodeText, encodeText } from "../file/stored_text.ts";
import type { Appended, Operations, StorageReport } from "../calls/requests.ts";
import { type LogBounds, Retention } from "./retention.ts";
import type { State } from "./state.ts";
import type { Trouble } from "./trouble.ts";

/** Names of keys are those of publishers, and those of replies to questions. */
const KEY = { publish: "k", reply: "r" } as const;

/** Writes to the database. Every change belongs to a transaction that {@linkcode Storage.write} runs. */
export class Storage {
  readonly channels: Channels;
  readonly clock: Clock;
  readonly retention: Retention;
  readonly trouble: Trouble;
  readonly #database: DatabaseSync;
  readonly #state: State;
  readonly #bounds: LogBounds;
  readonly #begin: StatementSync;
  readonly #commit: StatementSync;
  readonly #insertMessage: StatementSync;
  readonly #findKey: StatementSync;
  readonly #insertKey: StatementSync;
  readonly #openStream: StatementSync;
  readonly #closeStream: StatementSync;
  readonly #insertRevocation: StatementSync;
  readonly #forgetRevocations: StatementSync;

  constructor(
    database: DatabaseSync,
    state: State,
    bounds: LogBounds,
    trouble: Trouble,
  ) {
    this.#database = database;
    this.trouble = trouble;
    this.#state = state;
    this.#bounds = bounds;
    this.channels = new Channels(database);
    this.clock = new Clock(state.clock);
    this.retention = new Retention(
      database,
      this.channels,
      bounds,
      this.clock.now(),
    );
    this.#begin = database.prepare("BEGIN IMMEDIATE");
    this.#commit = database.prepare("COMMIT");
    this.#insertMessage = database.prepare(
      "INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    );
    this.#findKey = database.prepare(
      "SELECT first, count, reply_key FROM keys WHERE key = ? AND channel = ? AND until > ?",
    );
    this.#insertKey = database.prepare(
      "INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#openStream = database.prepare(
      "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?)",
    );
    this.#closeStream = database.prepare(
      "DELETE FROM streams WHERE channel = ? AND stream_id = ?",
    );
    this.#insertRevocation = database.prepare(
      "INSERT OR REPLACE INTO revocations VALUES (?, ?, ?)",
    );
    this.#forgetRevocations = database.prepare(
      "DELETE FROM revocations WHERE until <= ?",
    );
  }

  /**
   * Runs an action in a transaction, and returns when its commit is as safe as the database was opened for.
   *
   * @throws What SQLite throws. Nothing of the action is in the database then.
   */
  write<T>(action: () => T): T {
    this.#begin.run();
    let result: T;
    try {
      result = action();
      this.#state.commit(this.clock.now());
      this.#commit.run();
    } catch (error) {
      this.#undo();
      throw error;
    }
    this.#state.committed();
    return result;
  }

  publish(
    { channel: name, messages, key, keyTtlMs }: Operations["publish"][0],
  ): Appended {
    const now = this.clock.now();
    const channel = this.use(name);
    const keyName = key === undefined ? undefined : KEY.publish + key;
    const known = keyName && this.#known(channel, keyName, now);
    if (known) return known;
    const appended = this.#append(channel, messages, now);
    if (keyName) this.#remember(channel, keyName, appended, now + keyTtlMs);
    return appended;
  }

  reply(
    { channel: name, message, question, key, keyTtlMs }: Operations["reply"][0],
  ): Appended | undefined {
    const now = this.clock.now();
    const channel = this.use(name);
    const { epoch, offset } = question;
    if (epoch === channel.epoch && offset > channel.top) return undefined;
    const keyName = `${KEY.reply}${message.topic}\n${epoch}-${offset}`;
    const known = this.#known(channel, keyName, now);
    if (known) return known;
    const appended = {
      ...this.#append(channel, [message], now),
      replyKey: key,
    };
    // As long as the log has the reply, it must be known.
    const ttlMs = Math.max(keyTtlMs, this.#bounds.ttlMs);
    this.#remember(channel, keyName, appended, now + ttlMs);
    return appended;
  }

  revoke(revocations: readonly RevocationRecord[]): void {
    const now = Date.now() / 1000;
    this.#forgetRevocations.run(now);
    for (const { subject, at, until } of revocations) {
      if (until > now) this.#insertRevocation.run(subject, at, until);
    }
  }

  /** Returns a channel, which is created if it doesn't exist, with a log that is within its bounds. */
  use(name: string): StoredChannel {
    const now = this.clock.now();
    const channel = this.channels.get(name) ?? this.channels.create(name);
    this.retention.active(channel, now);
    this.retention.trim(channel, now);
    return channel;
  }

  report(): StorageReport {
    return {
      dropped: this.retention.takeDropped(),
      fileBytes: this.#state.fileBytes,
      problem: this.trouble.problem,
      untold: this.trouble.takeUntold(),
    };
  }

  #known(
    { id, epoch }: StoredChannel,
    key: string,
    now: number,
  ): Appended | undefined {
    const row = this.#findKey.get(key, id, now);
    return row && {
      epoch,
      first: Number(row.first),
      count: Number(row.count),
      isNew: false,
      replyKey: decodeText(row.reply_key),
    };
  }

  #remember(
    channel: StoredChannel,
    key: string,
    { first, count, replyKey }: Appended,
    until: number,
  ): void {
    this.retention.keepUntil(channel, until);
    this.#insertKey.run(
      key,
      channel.id,
      first,
      count,
      encodeText(replyKey),
      until,
    );
  }

  #append(
    channel: StoredChannel,
    messages: readonly NewMessage[],
    now: number,
  ): Appended {
    const first = channel.top + 1;
    for (const message of messages) this.#insert(channel, message, now);
    this.retention.trim(channel, now);
    this.retention.deleteSome(channel);
    return {
      epoch: channel.epoch,
      first,
      count: messages.length,
      isNew: true,
    };
  }

  #insert(channel: StoredChannel, message: NewMessage, now: number): void {
    const { topic, kind, streamId, raw, head } = message;
    const offset = ++channel.top;
    channel.total += costOf(message);
    if (offset === channel.first) channel.firstAt = now;
    const encodedId = encodeText(streamId);
    this.#insertMessage.run(
      channel.id,
      offset,
      now,
      channel.total,
      topic,
      kind,
      encodedId,
      encodeText(raw),
      head,
    );
    if (encodedId === null) return;
    if (kind === "datastream-start") {
      this.#openStream.run(channel.id, encodedId, topic, offset);
    } else if (kind === "datastream-end") {
      this.#closeStream.run(channel.id, encodedId);
    }
  }

  #undo(): void {
    this.channels.forget();
    this.#state.undo();
    try {
      this.#database.exec("ROLLBACK");
    } catch {
      // A failed commit may have rolled back already.
    }
  }
}
