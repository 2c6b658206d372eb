import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Counts the pages of a database's file. */
export class Pages {
  /** Bytes of a page. */
  readonly bytes: number;
  readonly #all: StatementSync;
  readonly #free: StatementSync;

  constructor(database: DatabaseSync) {
    const size = database.prepare("PRAGMA page_size").get();
    this.bytes = Number(size?.page_size);
    this.#all = database.prepare("PRAGMA page_count");
    this.#free = database.prepare("PRAGMA freelist_count");
  }

  /** How many pages the file has. */
  get all(): number {
    return Number(this.#all.get()?.page_count);
  }

  /** How many of them are free for new rows. */
  get free(): number {
    return Number(this.#free.get()?.freelist_count);
  }
}
