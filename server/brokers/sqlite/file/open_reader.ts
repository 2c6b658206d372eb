import { existsSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { checkFile, UnusableError } from "./database.ts";
import { loadSqlite } from "./load.ts";
import { SCHEMA_VERSION } from "./schema.ts";

/** How long a reader waits for a lock that another connection holds for a moment, in milliseconds. */
const BUSY_MS = 2000;

/**
 * Opens a database for reading, beside a gateway or without one. The file stays as it is.
 *
 * @throws {UnusableError} For a file that is no database of this program, or of another release.
 */
export function openReader(path: string): DatabaseSync {
  checkFile(path);
  if (!existsSync(path)) throw new UnusableError("it is missing");
  if (statSync(path).size === 0) throw new UnusableError("it is empty");
  // Where nobody has it open, only a connection that may write removes the files again that every reader needs beside it.
  const readOnly = existsSync(`${path}-wal`);
  const database = new (loadSqlite().DatabaseSync)(path, { readOnly });
  try {
    database.exec(`PRAGMA busy_timeout = ${BUSY_MS}`);
    database.exec("PRAGMA query_only = 1");
    const row = database.prepare("PRAGMA user_version").get();
    if (Number(row?.user_version) < SCHEMA_VERSION) {
      throw new UnusableError(
        "its schema is of an earlier release; a gateway of this release updates it when it starts",
      );
    }
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}
