import { Buffer } from "node:buffer";
import {
  chmodSync,
  closeSync,
  existsSync,
  openSync,
  readSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { ThreadOptions } from "../calls/thread_messages.ts";
import { loadSqlite } from "./load.ts";
import { APPLICATION_ID, MIGRATIONS, SCHEMA_VERSION } from "./schema.ts";

/** Error for a file that can't be used. Its message is the end of a sentence about the file. */
export class UnusableError extends Error {
  override readonly name = "UnusableError";
}

/** Where SQLite's file format has these, as whole numbers of 4 bytes. */
const HEADER = { bytes: 100, version: 60, application: 68 } as const;

/**
 * After how many pages a commit copies the write-ahead log to the database, and how many bytes the log keeps where it was longer, as a backup
 * leaves it. Such a commit has to wait for the disk three times, which would be among the slowest 1 % of lone publishes with SQLite's own
 * number, 1000. With a budget, the log stays below 16 MB with the largest commit.
 */
const WAL = {
  free: { pages: 4000, bytes: 20_000_000 },
  bounded: { pages: 1700, bytes: 16_000_000 },
} as const;

/** The rights of a file that only the user of its process may read and write. */
const PRIVATE = 0o600;

const MAGIC = "SQLite format 3\0";

/**
 * Opens a database of this program, or creates one, and brings its schema up to date.
 *
 * @throws {UnusableError} For a file that this program must not touch. It is as it was.
 */
export function openDatabase(
  path: string,
  { synchronous, bounds }: Omit<ThreadOptions, "path">,
): DatabaseSync {
  checkFile(path);
  if (existsSync(path) && statSync(path).nlink > 1) {
    throw new UnusableError(
      "it has a second name, a hard link, by which another process could use it; remove one of them",
    );
  }
  // SQLite gives the files beside a database the rights of the database.
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    if (existsSync(file)) makePrivate(file);
  }
  if (!existsSync(path) || statSync(path).size === 0) create(path);
  const database = new (loadSqlite().DatabaseSync)(path);
  try {
    database.exec("PRAGMA busy_timeout = 2000");
    migrate(database);
    database.exec("PRAGMA journal_mode = WAL");
    database.exec(`PRAGMA synchronous = ${synchronous}`);
    const { pages, bytes } =
      WAL[bounds.storage < Infinity ? "bounded" : "free"];
    database.exec(`PRAGMA wal_autocheckpoint = ${pages}`);
    database.exec(`PRAGMA journal_size_limit = ${bytes}`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/**
 * Creates a database under another name, and renames it when it is whole: a process that dies meanwhile leaves no file that doesn't tell whose
 * it is. The files of an earlier database of that name must not become a part of it.
 */
function create(path: string): void {
  const draft = `${path}-new`;
  for (
    const file of [draft, `${draft}-journal`, `${path}-wal`, `${path}-shm`]
  ) {
    rmSync(file, { force: true });
  }
  makePrivate(draft);
  const database = new (loadSqlite().DatabaseSync)(draft);
  try {
    // Takes effect in an empty file only.
    database.exec("PRAGMA auto_vacuum = INCREMENTAL");
    migrate(database);
  } finally {
    database.close();
  }
  renameSync(draft, path);
}

/** Takes the rights of other users from a file; creates it if it is missing. */
export function makePrivate(path: string): void {
  try {
    if (existsSync(path)) chmodSync(path, PRIVATE);
    else closeSync(openSync(path, "wx", PRIVATE));
  } catch {
    // The file belongs to another user, or SQLite will tell why it can't be created.
  }
}

/** Returns the path of a file itself, where links lead to it. */
export function realFile(path: string): string {
  return existsSync(path) ? realpathSync(path) : resolve(path);
}

/** @throws {UnusableError} Where the folder of a file is missing. */
export function checkFolder(path: string): void {
  const folder = dirname(path);
  if (existsSync(folder)) return;
  throw new UnusableError(`the folder ${JSON.stringify(folder)} is missing`);
}

/**
 * Checks that a file is absent, empty, or a database of this program that it can read.
 *
 * @throws {UnusableError} For any other.
 */
export function checkFile(path: string): void {
  if (!existsSync(path)) return;
  if (!statSync(path).isFile()) throw new UnusableError("it is no file");
  const header = readHeader(path);
  if (header.length === 0) return;
  const magic = header.toString("latin1", 0, MAGIC.length);
  if (header.length < HEADER.bytes || magic !== MAGIC) {
    throw new UnusableError("it is no SQLite database");
  }
  const application = header.readUInt32BE(HEADER.application);
  const version = header.readUInt32BE(HEADER.version);
  if (application !== APPLICATION_ID) {
    throw new UnusableError("it is the database of another program");
  }
  checkVersion(version);
}

function checkVersion(version: number): void {
  if (version <= SCHEMA_VERSION) return;
  throw new UnusableError(
    `its schema has version ${version}, this release knows versions up to ${SCHEMA_VERSION}; use the release that wrote it, or a newer one`,
  );
}

function readHeader(path: string): Buffer {
  const file = openSync(path, "r");
  try {
    const header = Buffer.alloc(HEADER.bytes);
    return header.subarray(0, readSync(file, header, 0, HEADER.bytes, 0));
  } finally {
    closeSync(file);
  }
}

/** Applies the steps that the database doesn't have, all or none. */
function migrate(database: DatabaseSync): void {
  const row = database.prepare("PRAGMA user_version").get();
  const version = Number(row?.user_version);
  // The header of the file may be older than the write-ahead log.
  checkVersion(version);
  if (version === SCHEMA_VERSION) return;
  database.exec("BEGIN IMMEDIATE");
  for (const step of MIGRATIONS.slice(version)) database.exec(step);
  database.exec(`PRAGMA application_id = ${APPLICATION_ID}`);
  database.exec(`PRAGMA user_version = ${SCHEMA_VERSION}`);
  database.exec("COMMIT");
}
