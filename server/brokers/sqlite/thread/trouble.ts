import { rmSync } from "node:fs";
import { reasonOf } from "../file/errors.ts";
import { loadSqlite } from "../file/load.ts";

/** Bytes that a probe writes besides those that failed, for the pages of the indexes. */
const INDEX_BYTES = 64 * 1024;

/**
 * Knows why the database can't be written, and when it can be again: a write that is smaller than the one that failed doesn't tell. SQLite's
 * own words are for the log, so clients never get them.
 */
export class Trouble {
  /** Why it can't be written, if so. */
  problem: string | undefined;
  readonly #probed: string;
  /** Bytes of the largest write that failed. */
  #bytes = 0;
  /** What SQLite said that the log doesn't have yet, and what it said last. */
  #untold: string | undefined;
  #last: string | undefined;

  /** @param path The path of the database. */
  constructor(path: string) {
    this.#probed = `${path}-probe`;
  }

  /** Returns the reason of a failure, as the end of a sentence about the database. */
  reasonOf(error: unknown): string {
    const reason = reasonOf(error);
    if (reason !== String(Object(error).message)) return reason;
    if (reason !== this.#last) this.#untold = this.#last = reason;
    return "it reported an error that is in the gateway's log";
  }

  /** Notes that some bytes couldn't be written. */
  failed(reason: string, bytes: number): void {
    this.problem = reason;
    this.#bytes = Math.max(this.#bytes, bytes);
  }

  /** Notes that some bytes were written. */
  succeeded(bytes: number): void {
    if (bytes < this.#bytes) return;
    this.problem = this.#last = undefined;
    this.#bytes = 0;
  }

  /** Tries to write as many bytes as failed, into a file beside the database, so that publishes don't fail with it. */
  probe(): void {
    const bytes = this.#bytes;
    try {
      rmSync(this.#probed, { force: true });
      const file = new (loadSqlite().DatabaseSync)(this.#probed);
      try {
        file.exec("PRAGMA journal_mode = OFF");
        file.exec(
          `CREATE TABLE probe AS SELECT zeroblob(${bytes + INDEX_BYTES})`,
        );
      } finally {
        file.close();
        rmSync(this.#probed, { force: true });
      }
      this.succeeded(bytes);
    } catch {
      // The problem is as it was.
    }
  }

  /** Returns what SQLite said that is not in the log yet. */
  takeUntold(): string | undefined {
    const untold = this.#untold;
    this.#untold = undefined;
    return untold;
  }
}
