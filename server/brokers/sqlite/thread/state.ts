import { readFileSync } from "node:fs";
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { FileState, OwnerNote } from "../file/owner_note.ts";
import { Pages } from "../file/pages.ts";
import type { Synchronous } from "../url.ts";

/** Where Linux tells an id that it makes at each start of the machine. */
const BOOT_ID = "/proc/sys/kernel/random/boot_id";

/**
 * The database's own facts: its id, how many commits it has, and the time of the newest. In the mode `normal` it also has, while a process uses
 * it, the id of this start of the machine: after another start that process may have lost commits by a power cut.
 */
export class State {
  readonly #database: DatabaseSync;
  readonly #note: OwnerNote;
  readonly #set: StatementSync;
  readonly #unset: StatementSync;
  readonly #pages: Pages;
  #file: string;
  #commits: number;
  /** The number of commits before the transaction that is under way. */
  #before: number;
  /** Bytes of the file after the newest commit of this process. */
  fileBytes = 0;
  /** Whether the file was an older copy, came from elsewhere, or may have lost commits. */
  readonly wasRestored: boolean;
  /** The time of the newest commit of earlier processes, 0 without one. */
  readonly clock: number;

  /** Reads them, and begins new epochs where the note tells of a copy. */
  constructor(
    database: DatabaseSync,
    note: OwnerNote,
    synchronous: Synchronous,
  ) {
    this.#database = database;
    this.#note = note;
    this.#set = database.prepare("INSERT OR REPLACE INTO state VALUES (?, ?)");
    this.#unset = database.prepare("DELETE FROM state WHERE name = ?");
    this.#pages = new Pages(database);
    const read = database.prepare("SELECT value FROM state WHERE name = ?");
    const file = read.get("file")?.value;
    this.clock = Number(read.get("clock")?.value ?? 0);
    this.#commits = Number(read.get("commits")?.value ?? 0);
    this.#before = this.#commits;
    this.#file = String(file ?? crypto.randomUUID());
    const known = { file: this.#file, commits: this.#commits };
    const boot = bootId();
    const usedIn = read.get("used_in_boot")?.value ?? boot;
    this.wasRestored = file !== undefined &&
      (isOlder(known, note.read()) || usedIn !== boot);
    if (this.wasRestored) this.#file = crypto.randomUUID();
    database.exec("BEGIN IMMEDIATE");
    this.#set.run("file", this.#file);
    if (this.wasRestored) this.#beginEpochs();
    if (synchronous === "normal") this.#set.run("used_in_boot", boot);
    else this.#unset.run("used_in_boot");
    database.exec("COMMIT");
    this.committed();
  }

  /** Notes that the process closes the database, after which nothing can be lost. */
  close(): void {
    this.#database.exec("PRAGMA synchronous = FULL");
    this.#unset.run("used_in_boot");
  }

  /** Counts a commit, in its transaction. */
  commit(now: number): void {
    this.#before = this.#commits;
    this.#set.run("commits", ++this.#commits);
    this.#set.run("clock", now);
    // In a transaction it takes no lock of its own.
    this.fileBytes = this.#pages.all * this.#pages.bytes;
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

  /** Channels that an older copy has must not continue their logs: others may know the next ids by now. */
  #beginEpochs(): void {
    this.#database.exec(
      "UPDATE channels SET epoch = lower(hex(randomblob(4)))",
    );
  }
}

/** Returns the id of this start of the machine; where the system tells none, an id that no other process gets. */
function bootId(): string {
  try {
    return readFileSync(BOOT_ID, "utf8").trim();
  } catch {
    return crypto.randomUUID();
  }
}

function isOlder(
  { file, commits }: FileState,
  noted: FileState | undefined,
): boolean {
  return file !== noted?.file || commits < noted.commits;
}
