import type { DatabaseSync, StatementSync } from "node:sqlite";
import { newEpoch } from "../../log.ts";
import { costOf } from "./cost.ts";
import { decodeText } from "../file/stored_text.ts";

/** The state of a channel's log in the database. */
export interface StoredChannel {
  readonly id: number;
  readonly name: string;
  readonly epoch: string;
  /** The offset of the newest message that was ever appended. */
  top: number;
  /** The offset of the oldest message that counts. */
  first: number;
  /** The offset of the oldest message that is in the file. It is deleted a little later than it ceases to count. */
  stored: number;
  /** When the message at `first` was appended, or an earlier one; `Infinity` without one. */
  firstAt: number;
  /** The bytes that all messages before `first` took, or fewer of them. */
  before: number;
  /** The bytes that all messages took that were ever appended. */
  total: number;
  /** The newest slot of time in which it was active. */
  slot: number;
  /** Until when it stays even without messages. */
  keptUntil: number;
}

type Row = Readonly<Record<string, unknown>>;

/** How many channels are kept in memory that nobody follows. */
const MAX_CACHED = 50_000;

/** The channels of the database. Those in use are in memory. */
export class Channels {
  readonly #cached = new Map<string, StoredChannel>();
  /** The names of those that clients follow. */
  readonly followed: Set<string> = new Set();
  readonly #byName: StatementSync;
  readonly #byId: StatementSync;
  readonly #oldest: StatementSync;
  readonly #newest: StatementSync;
  readonly #insert: StatementSync;
  readonly #remove: StatementSync;

  constructor(database: DatabaseSync) {
    this.#byName = database.prepare("SELECT * FROM channels WHERE name = ?");
    this.#byId = database.prepare("SELECT name FROM channels WHERE id = ?");
    this.#oldest = database.prepare(
      `SELECT "offset", at, total, raw, head FROM messages
       WHERE channel = ? ORDER BY "offset" LIMIT 1`,
    );
    this.#newest = database.prepare(
      `SELECT "offset", total FROM messages
       WHERE channel = ? ORDER BY "offset" DESC LIMIT 1`,
    );
    this.#insert = database.prepare(
      "INSERT INTO channels (name, epoch, top, kept_until) VALUES (?, ?, 0, 0)",
    );
    this.#remove = database.prepare("DELETE FROM channels WHERE id = ?");
  }

  get(name: string): StoredChannel | undefined {
    const cached = this.#cached.get(name);
    if (cached) return cached;
    const row = this.#byName.get(name);
    if (!row) return undefined;
    const channel = this.#load(name, row);
    this.#keep(channel);
    return channel;
  }

  getById(id: number): StoredChannel | undefined {
    const name = this.#byId.get(id)?.name;
    return name === undefined ? undefined : this.get(String(name));
  }

  create(name: string): StoredChannel {
    const epoch = newEpoch();
    const { lastInsertRowid } = this.#insert.run(name, epoch);
    const channel: StoredChannel = {
      id: Number(lastInsertRowid),
      name,
      epoch,
      top: 0,
      first: 1,
      stored: 1,
      firstAt: Infinity,
      before: 0,
      total: 0,
      slot: 0,
      keptUntil: 0,
    };
    this.#keep(channel);
    return channel;
  }

  remove({ id, name }: StoredChannel): void {
    this.#remove.run(id);
    this.#cached.delete(name);
  }

  /** Forgets what is in memory, because a transaction that changed it was rolled back. */
  forget(): void {
    this.#cached.clear();
  }

  #keep(channel: StoredChannel): void {
    this.#cached.set(channel.name, channel);
    if (this.#cached.size <= MAX_CACHED + this.followed.size) return;
    for (const name of this.#cached.keys()) {
      if (this.followed.has(name)) continue;
      this.#cached.delete(name);
      return;
    }
  }

  #load(name: string, row: Row): StoredChannel {
    const id = Number(row.id);
    const deleted = Number(row.top);
    const channel = {
      id,
      name,
      epoch: String(row.epoch),
      slot: 0,
      keptUntil: Number(row.kept_until),
    };
    const newest = this.#newest.get(id);
    const oldest = this.#oldest.get(id);
    if (!newest || !oldest) {
      return {
        ...channel,
        top: deleted,
        first: deleted + 1,
        stored: deleted + 1,
        firstAt: Infinity,
        before: 0,
        total: 0,
      };
    }
    const first = Number(oldest.offset);
    const raw = decodeText(oldest.raw);
    return {
      ...channel,
      top: Number(newest.offset),
      first,
      stored: first,
      firstAt: Number(oldest.at),
      before: Number(oldest.total) -
        costOf({ head: String(oldest.head), raw }),
      total: Number(newest.total),
    };
  }
}
