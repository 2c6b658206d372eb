import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileState, OwnerNote } from "./owner_note.ts";

/** The database's own facts: its id, how many commits it has, and the time of the newest. */
export class State {
  readonly #database: DatabaseSync;
  readonly #note: OwnerNote;
  readonly #set: StatementSync;
  readonly #pages: StatementSync;
  readonly #pageBytes: number;
  #file: string;
  #commits: number;
  /** The number of commits before the transaction that is under way. */
  #before: number;
  /** Bytes of the file after the newest commit of this process. */
  fileBytes = 0;
  /** Whether the file was an older copy, or came from elsewhere. */
  readonly wasRestored: boolean;
  /** The time of the newest commit of earlier processes, 0 without one. */
  readonly clock: number;

  /** Reads them, and begins new epochs where the note tells of a copy. */
  constructor(database: DatabaseSync, note: OwnerNote) {
    this.#database = database;
    this.#note = note;
    this.#set = database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)");
    this.#pages = database.prepare("PRAGMA page_count");
    this.#pageBytes = Number(
      database.prepare("PRAGMA page_size").get()?.page_size,
    );
    const read = database.prepare("SELECT value FROM state WHERE name = ?");
    const file = read.get("file")?.value;
    this.clock = Number(read.get("clock")?.value ?? 0);
    this.#commits = Number(read.get("commits")?.value ?? 0);
    this.#before = this.#commits;
    this.#file = String(file ?? crypto.randomUUID());
    this.wasRestored = file !== undefined &&
      isOlder({ file: this.#file, commits: this.#commits }, note.read());
    if (this.wasRestored) this.#file = crypto.randomUUID();
    if (file === undefined || this.wasRestored) this.#begin();
    this.committed();
  }

  /** Counts a commit, in its transaction. */
  commit(now: number): void {
    this.#before = this.#commits;
    this.#set.run("commits", ++this.#commits);
    this.#set.run("clock", now);
    // In a transaction it takes no lock of its own.
    this.fileBytes = Number(this.#pages.get()?.page_count) * this.#pageBytes;
  }

  /** Notes that the transaction is committed, before anyone learns of it. */
  committed(): void {
    try {
      this.#note.write({ file: this.#file, commits: this.#commits });
    } catch {
      // The transaction is committed nevertheless. The note is behind until the next one, which does no harm.
    }
  }

  /** Takes back what {@linkcode commit} counted. */
  undo(): void {
    this.#commits = this.#before;
  }

  /** Gives the file its id. Channels that an older copy has must not continue their logs: others may know the next ids by now. */
  #begin(): void {
    this.#database.exec("BEGIN IMMEDIATE");
    this.#set.run("file", this.#file);
    this.#database.exec(
      "UPDATE channels SET epoch = lower(hex(randomblob(4)))",
    );
    this.commit(this.clock);
    this.#database.exec("COMMIT");
  }
}

function isOlder(
  { file, commits }: FileState,
  noted: FileState | undefined,
): boolean {
  return file !== noted?.file || commits < noted.commits;
}
