import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Retention as Bounds } from "../../log.ts";
import type { Channels, StoredChannel } from "./channels.ts";
import { Pages } from "../file/pages.ts";

/** How much the logs keep. */
export interface LogBounds extends Bounds {
  /** Bytes of the whole file; `Infinity` for no bound. */
  readonly storage: number;
}

/** Rows that are deleted in one transaction, at most about. */
const SLICE = 500;

/** How many messages of a log wait to be deleted together, at a publish. */
const TOGETHER = 64;

/** Pages that are given back in one transaction. */
const VACUUM_PAGES = 256;

/** Bytes for which the budget's sweep makes room in one transaction. */
const SWEPT_BYTES = 512 * 1024;

/** How much longer than the keys a channel is kept whose messages are gone, in milliseconds. */
const KEPT_LONGER_MS = 600_000;

/** How long clients may take to come back, after a restart or to a channel whose messages the budget took, in milliseconds. */
const RETURN_MS = 120_000;

/** The length of a slot of time, in milliseconds: a part of the time that messages are kept, between these. */
const SLOT_MS = { least: 1_000, most: 3_600_000, part: 32 } as const;

/**
 * Keeps the logs within their bounds. A message that is out of them ceases to count at once, which needs no write, and is deleted a little
 * later, in small transactions between those of publishers.
 */
export class Retention {
  readonly #database: DatabaseSync;
  readonly #channels: Channels;
  readonly #bounds: LogBounds;
  /** Whether the file has a budget. */
  readonly hasBudget: boolean;
  /** How long a channel stays after it was used, where the budget takes its messages. */
  readonly #returnMs: number;
  readonly #slotMs: number;
  /** Until when no channel is removed: after a restart clients need some time until they follow their channels again. */
  readonly #keptUntil: number;
  readonly #rowAt: StatementSync;
  readonly #deleteMessages: StatementSync;
  readonly #setTop: StatementSync;
  readonly #deleteStreams: StatementSync;
  readonly #setKeptUntil: StatementSync;
  readonly #expiredKey: StatementSync;
  readonly #deleteKeys: StatementSync;
  readonly #addActivity: StatementSync;
  readonly #oldestActivity: StatementSync;
  readonly #deleteActivity: StatementSync;
  readonly #oldestMessage: StatementSync;
  readonly #names: StatementSync;
  readonly #pages: Pages;
  /** When the newest message was appended that the budget took. What is older is gone, or goes next. */
  #takenAt = 0;
  #dropped: string[] = [];

  /** @param now The database's clock. */
  constructor(
    database: DatabaseSync,
    channels: Channels,
    bounds: LogBounds,
    now: number,
  ) {
    this.#database = database;
    this.#channels = channels;
    this.#bounds = bounds;
    const { ttlMs, storage } = bounds;
    this.hasBudget = storage < Infinity;
    this.#returnMs = Math.min(ttlMs, RETURN_MS);
    this.#keptUntil = now + this.#returnMs;
    const { least, part } = SLOT_MS;
    const most = this.hasBudget ? this.#returnMs / 4 : SLOT_MS.most;
    const slotMs = Math.floor(Math.min(most, ttlMs / part));
    this.#slotMs = Math.max(least, slotMs);
    this.#rowAt = database.prepare(
      'SELECT at, total FROM messages WHERE channel = ? AND "offset" = ?',
    );
    this.#deleteMessages = database.prepare(
      'DELETE FROM messages WHERE channel = ? AND "offset" < ?',
    );
    this.#setTop = database.prepare("UPDATE channels SET top = ? WHERE id = ?");
    this.#deleteStreams = database.prepare(
      "DELETE FROM streams WHERE channel = ?",
    );
    this.#setKeptUntil = database.prepare(
      "UPDATE channels SET kept_until = ? WHERE id = ?",
    );
    this.#expiredKey = database.prepare(
      "SELECT 1 FROM keys WHERE until <= ? LIMIT 1",
    );
    this.#deleteKeys = database.prepare(
      `DELETE FROM keys WHERE (key, channel) IN
       (SELECT key, channel FROM keys WHERE until <= ? ORDER BY until LIMIT ?)`,
    );
    this.#addActivity = database.prepare(
      "INSERT OR IGNORE INTO activity VALUES (?, ?)",
    );
    this.#oldestActivity = database.prepare(
      "SELECT at, channel FROM activity WHERE at <= ? ORDER BY at LIMIT ?",
    );
    this.#deleteActivity = database.prepare(
      "DELETE FROM activity WHERE at = ? AND channel = ?",
    );
    // Rows have the order of their publishing, whatever their channels.
    this.#oldestMessage = database.prepare(
      'SELECT channel, "offset", at FROM messages ORDER BY rowid LIMIT 1',
    );
    this.#names = database.prepare("SELECT name FROM channels ORDER BY id");
    this.#pages = new Pages(database);
  }

  /** Returns the names of the channels that were deleted since the last call. */
  takeDropped(): readonly string[] {
    const dropped = this.#dropped;
    this.#dropped = [];
    return dropped;
  }

  /** Notes, once in a slot of time, that a channel is in use, so that it is looked at when that is too long ago. */
  active(channel: StoredChannel, now: number): void {
    const slot = now - now % this.#slotMs;
    if (channel.slot === slot) return;
    channel.slot = slot;
    this.#addActivity.run(slot, channel.id);
  }

  /** Keeps a channel until a time at least, where its messages may be gone by then. */
  keepUntil(channel: StoredChannel, time: number): void {
    if (time <= channel.keptUntil) return;
    // Before that it is not looked at.
    const idleMs = this.hasBudget ? this.#returnMs : this.#bounds.ttlMs;
    const lookAt = channel.slot + this.#slotMs + idleMs;
    if (time <= lookAt) return;
    // A little longer, so that one write is enough for many keys.
    channel.keptUntil = time + KEPT_LONGER_MS;
    this.#setKeptUntil.run(channel.keptUntil, channel.id);
  }

  /** Moves the beginning of a log to the oldest message within the bounds. */
  trim(channel: StoredChannel, now: number): void {
    const { size, bytes, ttlMs } = this.#bounds;
    const { top, total } = channel;
    // Each publish to a full log comes here, so that the facts of the new first message are read when a bound may be reached only.
    channel.first = Math.max(channel.first, top - size + 1);
    const mayBeOut = (): boolean =>
      channel.firstAt <= now - ttlMs || total - channel.before > bytes;
    if (!mayBeOut()) return;
    this.#moveFirst(channel, channel.first);
    if (channel.firstAt <= now - ttlMs) {
      this.#moveFirst(
        channel,
        this.#search(channel, ({ at }) => at <= now - ttlMs),
      );
    }
    if (total - channel.before > bytes) {
      // The first message whose predecessors, taken away, leave few enough bytes.
      const last = this.#search(channel, (row) => total - row.total > bytes);
      this.#moveFirst(channel, last + 1);
    }
  }

  /** Reads what the messages take that count, which {@linkcode trim} may leave estimated. */
  measure(channel: StoredChannel): void {
    this.#moveFirst(channel, channel.first);
  }

  /** Deletes messages that no longer count, once there are several, with the transaction that is under way. */
  deleteSome(channel: StoredChannel): void {
    if (channel.first - channel.stored >= TOGETHER) this.#delete(channel);
  }

  /** Whether a sweep would change anything. */
  isDue(now: number): boolean {
    return this.#expiredKey.get(now) !== undefined ||
      this.#oldestActivity.get(this.#deadline(now), 1) !== undefined ||
      this.#used > this.#bounds.storage || this.#pagesToGiveBack() > 0;
  }

  /**
   * Deletes a part of what no longer counts, in the transaction that is under way.
   *
   * @returns Whether there may be more to do.
   */
  sweep(now: number): boolean {
    const keys = Number(this.#deleteKeys.run(now, SLICE).changes);
    const rows = this.#oldestActivity.all(this.#deadline(now), SLICE);
    let deleted = keys;
    for (const row of rows) {
      const at = Number(row.at);
      const id = Number(row.channel);
      if (deleted >= SLICE) break;
      const channel = this.#channels.getById(id);
      if (channel) {
        this.trim(channel, now);
        deleted += this.#delete(channel);
        if (channel.stored < channel.first) break;
        if (channel.slot === at) channel.slot = 0;
      }
      this.#deleteActivity.run(at, id);
      if (channel) this.#removeIfUnused(channel, now);
    }
    const used = this.#used;
    if (used > this.#bounds.storage) this.makeRoom(SWEPT_BYTES);
    const isSmaller = this.#used < used;
    const pages = this.#pagesToGiveBack();
    if (pages > 0) this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
    return keys === SLICE || rows.length > 0 || isSmaller || pages > 0;
  }

  /**
   * Deletes what is oldest until some bytes more are within the budget, in the transaction that adds these. It deletes twice as many bytes at
   * most, so that nobody waits long where the budget was lowered.
   */
  makeRoom(bytes: number): void {
    const { storage } = this.#bounds;
    const enough = Math.max(storage - bytes, this.#used - 2 * bytes);
    while (this.#used > enough && this.#takeOldest());
  }

  /** Until when a channel must have been used to stay. Where the budget took its messages, it doesn't stay as long as these might have. */
  #deadline(now: number): number {
    const taken = Math.min(this.#takenAt, now - this.#returnMs);
    return Math.max(now - this.#bounds.ttlMs, taken) - this.#slotMs;
  }

  /** Deletes the oldest message; where none is left and the file is too long, keys, then channels that nobody follows. */
  #takeOldest(): boolean {
    const oldest = this.#oldestMessage.get();
    const channel = oldest && this.#channels.getById(Number(oldest.channel));
    if (channel) {
      this.#moveFirst(
        channel,
        Math.max(channel.first, Number(oldest.offset) + 1),
      );
      this.#delete(channel);
      this.#takenAt = Number(oldest.at);
      return true;
    }
    if (this.#used <= this.#bounds.storage) return false;
    if (this.#deleteKeys.run(Infinity, SLICE).changes) return true;
    const unused: string[] = [];
    for (const { name } of this.#names.iterate()) {
      if (!this.#channels.followed.has(String(name))) unused.push(String(name));
      if (unused.length === SLICE) break;
    }
    for (const name of unused) this.#remove(this.#channels.get(name));
    return unused.length > 0;
  }

  /** Deletes at most about a slice of what no longer counts of a log; returns how many messages. */
  #delete(channel: StoredChannel): number {
    const end = Math.min(channel.first, channel.stored + SLICE);
    if (end <= channel.stored) return 0;
    if (end > channel.top) this.#setTop.run(channel.top, channel.id);
    const { changes } = this.#deleteMessages.run(channel.id, end);
    channel.stored = end;
    return Number(changes);
  }

  /** Removes a channel without messages, unless it is followed or may have keys. */
  #removeIfUnused(channel: StoredChannel, now: number): void {
    if (channel.first <= channel.top) return;
    const isUsed = this.#channels.followed.has(channel.name) ||
      Math.max(channel.keptUntil, this.#keptUntil) > now;
    if (!isUsed) return this.#remove(channel);
    // Nothing of its streams is left. It is looked at again later.
    this.#deleteStreams.run(channel.id);
    this.active(channel, now);
  }

  #remove(channel: StoredChannel | undefined): void {
    if (!channel) return;
    this.#deleteStreams.run(channel.id);
    this.#channels.remove(channel);
    this.#dropped.push(channel.name);
  }

  /** Bytes of the pages that are not free. */
  get #used(): number {
    const { all, free, bytes } = this.#pages;
    return (all - free) * bytes;
  }

  /** Returns how many free pages to give back: those beyond the budget, and some of very many, which won't be used again soon. */
  #pagesToGiveBack(): number {
    const { all, free, bytes } = this.#pages;
    const tooMany = free > all / 4 ? free : all - this.#bounds.storage / bytes;
    return Math.ceil(Math.max(0, Math.min(tooMany, free, VACUUM_PAGES)));
  }

  #moveFirst(channel: StoredChannel, first: number): void {
    const { id, top } = channel;
    channel.first = Math.min(first, top + 1);
    const row = this.#rowAt.get(id, channel.first);
    channel.firstAt = row ? Number(row.at) : Infinity;
    const last = this.#rowAt.get(id, channel.first - 1);
    channel.before = last ? Number(last.total) : channel.before;
  }

  /** Returns the offset of the first message for which a condition doesn't hold; it holds for the messages before it only. */
  #search(
    { id, first, top }: StoredChannel,
    holds: (row: { at: number; total: number }) => boolean,
  ): number {
    let low = first;
    let high = top + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#rowAt.get(id, middle);
      const isBefore = row &&
        holds({ at: Number(row.at), total: Number(row.total) });
      if (isBefore) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
