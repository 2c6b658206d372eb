import type { DatabaseSync, StatementSync } from "node:sqlite";
import { Pages } from "../file/pages.ts";
import type { Channels } from "./channels.ts";
import type { Retention } from "./retention.ts";

/** Messages, keys or channels that are deleted in one transaction beside the traffic, at most about. */
const SLICE = 500;

/** Pages that are given back in one transaction. */
const VACUUM_PAGES = 256;

/** Bytes of a commit for which the write-ahead log is emptied first, so that both together stay below 16 MB. */
const LARGE_BYTES = 7_000_000;

/**
 * Keeps the file within its budget, and gives back pages that it won't need soon. The messages that were published first go first, whatever
 * their channel. Where even no message is left, keys go, then channels that nobody follows.
 */
export class FileSize {
  readonly #database: DatabaseSync;
  readonly #channels: Channels;
  readonly #retention: Retention;
  readonly #budget: number;
  readonly #pages: Pages;
  readonly #oldestMessage: StatementSync;
  readonly #deleteKeys: StatementSync;
  readonly #names: StatementSync;

  /** @param budget Bytes of the whole file; `Infinity` for no bound. */
  constructor(
    database: DatabaseSync,
    channels: Channels,
    retention: Retention,
    budget: number,
  ) {
    this.#database = database;
    this.#channels = channels;
    this.#retention = retention;
    this.#budget = budget;
    this.#pages = new Pages(database);
    // Messages are never inserted between others, so that their rows have the order of their publishing.
    this.#oldestMessage = database.prepare(
      'SELECT channel, "offset", at FROM messages ORDER BY rowid LIMIT 1',
    );
    this.#deleteKeys = database.prepare(
      `DELETE FROM keys WHERE (key, channel) IN
       (SELECT key, channel FROM keys ORDER BY until LIMIT ?)`,
    );
    this.#names = database.prepare("SELECT name FROM channels ORDER BY id");
  }

  /** Whether there is a budget at all. */
  get isBounded(): boolean {
    return this.#budget < Infinity;
  }

  /** Whether a sweep would change anything. */
  isDue(): boolean {
    return this.#isOver(this.#budget) || this.#pagesToGiveBack() > 0;
  }

  /**
   * Deletes a part of what is too much, in the transaction that is under way.
   *
   * @returns Whether there may be more to do.
   */
  sweep(): boolean {
    let dropped = 0;
    while (dropped < SLICE && this.#isOver(this.#budget)) {
      if (!this.#dropOldest()) break;
      dropped++;
    }
    const pages = this.#pagesToGiveBack();
    if (pages > 0) this.#database.exec(`PRAGMA incremental_vacuum(${pages})`);
    return dropped > 0 || pages > 0;
  }

  /** Empties the write-ahead log before a transaction that adds many bytes. */
  prepare(bytes: number): void {
    if (bytes > LARGE_BYTES) this.#database.exec("PRAGMA wal_checkpoint");
  }

  /**
   * Deletes what is oldest until some bytes more are within the budget, in the transaction that adds these. It deletes twice as many bytes at
   * most, so that nobody waits long where the budget was lowered.
   */
  makeRoom(bytes: number): void {
    const enough = Math.max(this.#budget - bytes, this.#used - 2 * bytes);
    while (this.#isOver(enough) && this.#dropOldest());
  }

  /** Bytes of the pages that are not free. */
  get #used(): number {
    const { all, free, bytes } = this.#pages;
    return (all - free) * bytes;
  }

  #isOver(bytes: number): boolean {
    return this.isBounded && this.#used > bytes;
  }

  /** Deletes the oldest message, or what can go where there is none; returns whether there was anything. */
  #dropOldest(): boolean {
    const oldest = this.#oldestMessage.get();
    if (!oldest) {
      // No message is worth them, were it as large as the budget.
      return this.#isOver(this.#budget) &&
        (Number(this.#deleteKeys.run(SLICE).changes) > 0 ||
          this.#removeChannels());
    }
    const channel = this.#channels.getById(Number(oldest.channel));
    if (!channel) return false;
    const { offset, at } = oldest;
    this.#retention.drop(channel, Number(offset), Number(at));
    return true;
  }

  #removeChannels(): boolean {
    const names: string[] = [];
    for (const row of this.#names.iterate()) {
      const name = String(row.name);
      if (!this.#channels.followed.has(name)) names.push(name);
      if (names.length === SLICE) break;
    }
    for (const name of names) {
      const channel = this.#channels.get(name);
      if (channel) this.#retention.remove(channel);
    }
    return names.length > 0;
  }

  /** Returns how many free pages to give back: those beyond the budget, and some of very many, which won't be used again soon. */
  #pagesToGiveBack(): number {
    const { all, free, bytes } = this.#pages;
    const tooMany = free > all / 4 ? free : all - this.#budget / bytes;
    return Math.ceil(Math.max(0, Math.min(tooMany, free, VACUUM_PAGES)));
  }
}
