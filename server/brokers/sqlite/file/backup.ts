import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdtempSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { makePrivate, realFile, UnusableError } from "./database.ts";
import { openReader } from "./open_reader.ts";

/**
 * Copies a database into a new file, as it is at one moment, beside a gateway or without one. The gateway goes on writing meanwhile. The
 * copy has its name only when all of it is on the disk.
 *
 * @returns The bytes of the copy.
 * @throws {UnusableError} For a file that is no database of this program, and for a copy that exists or can't be written.
 */
export function backUpDatabase(path: string, copy: string): number {
  const target = resolve(copy);
  const folder = dirname(target);
  if (existsSync(target)) throw new UnusableError("the copy exists already");
  if (!existsSync(folder)) {
    throw new UnusableError(`the folder ${JSON.stringify(folder)} is missing`);
  }
  const database = openReader(realFile(path));
  try {
    const unfinished = mkdtempSync(`${target}-`);
    try {
      const file = join(unfinished, "copy.db");
      // Not "query_only": it forbids the copy too.
      database.exec("PRAGMA query_only = 0");
      makePrivate(file);
      database.prepare("VACUUM INTO ?").run(file);
      flush(file);
      renameSync(file, target);
    } finally {
      rmSync(unfinished, { recursive: true });
    }
    flush(folder);
    return statSync(target).size;
  } finally {
    database.close();
  }
}

/** Waits until a file or the names in a folder are on the disk. */
function flush(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
