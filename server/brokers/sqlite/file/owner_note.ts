import { existsSync, rmSync, truncateSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { makePrivate } from "./database.ts";
import { isDamaged, isLocked } from "./errors.ts";
import { loadSqlite } from "./load.ts";

/** The state of a database, by which a copy of it is told from itself. */
export interface FileState {
  /** The random id of the file, which it gets with its first opening and whenever it was restored. */
  readonly file: string;
  /** How many transactions it has. */
  readonly commits: number;
}

/** Error for a database that another process has open. */
export class OwnedError extends Error {
  override readonly name = "OwnedError";
}

/**
 * The file beside a database, named `<database>-owner`. It does two jobs, and SQLite does the work for both.
 *
 * One is the lock: the process that has the database open holds this file locked. The kernel gives the lock back when the process ends,
 * however it ends.
 *
 * The other is the note: after each commit it has the id of the database and the number of its commits. A database that has fewer is an
 * older copy. The note isn't flushed to the disk, so that it costs a few microseconds: after a power cut it may be behind, which does no
 * harm, because only a note that is ahead tells of a copy.
 */
export class OwnerNote {
  readonly #path: string;
  readonly #isNew: boolean;
  readonly #database: DatabaseSync;
  readonly #write: StatementSync;
  #isSynced = false;

  /**
   * Locks the file, and creates it if there is none.
   *
   * @throws {OwnedError} When another connection holds the lock, of this process or of another one.
   */
  constructor(database: string) {
    this.#path = `${database}-owner`;
    this.#isNew = !existsSync(this.#path);
    this.#database = lockOrRepair(this.#path);
    this.#write = this.#database.prepare(
      "INSERT OR REPLACE INTO note (id, file, commits) VALUES (1, ?, ?)",
    );
  }

  read(): FileState | undefined {
    const row = this.#database
      .prepare("SELECT file, commits FROM note WHERE id = 1").get();
    return row && { file: String(row.file), commits: Number(row.commits) };
  }

  /** Writes the note. Only the first one is flushed to the disk: a power cut may leave an older note, but not none. */
  write({ file, commits }: FileState): void {
    this.#write.run(file, commits);
    if (this.#isSynced) return;
    this.#database.exec("PRAGMA synchronous = OFF");
    this.#isSynced = true;
  }

  /** Gives the lock back. */
  close(): void {
    this.#database.close();
  }

  /** Gives the lock back and leaves nothing behind that wasn't there before. */
  undo(): void {
    this.close();
    if (this.#isNew) rmSync(this.#path, { force: true });
  }
}

function lockOrRepair(path: string): DatabaseSync {
  try {
    return lock(path);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    // A power cut may leave a damaged file. Nobody holds a lock on it, and without a note the database counts as restored.
    truncateSync(path);
    return lock(path);
  }
}

function lock(path: string): DatabaseSync {
  const { DatabaseSync } = loadSqlite();
  makePrivate(path);
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE");
    database.exec("PRAGMA journal_mode = MEMORY");
    database.exec("PRAGMA synchronous = FULL");
    database.exec("BEGIN EXCLUSIVE");
    database.exec(
      "CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, file TEXT, commits INTEGER)",
    );
    database.exec("COMMIT");
    // Of a damaged file only the table's own page may be missing.
    database.exec("SELECT * FROM note");
    return database;
  } catch (error) {
    database.close();
    if (isLocked(error)) throw new OwnedError("another process uses it");
    throw error;
  }
}
