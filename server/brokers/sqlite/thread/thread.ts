/**
 * The thread that has the database. SQLite's calls block, and a commit waits for the disk: here they stop nothing else. Nothing runs when the
 * module is imported.
 *
 * @module
 */

import process from "node:process";
import { parentPort, workerData } from "node:worker_threads";
import { runBatch } from "./batch.ts";
import {
  checkFolder,
  openDatabase,
  realFile,
  UnusableError,
} from "../file/database.ts";
import { reasonOf } from "../file/errors.ts";
import { LogReader } from "./log_reader.ts";
import { OwnedError, OwnerNote } from "../file/owner_note.ts";
import { State } from "./state.ts";
import { Storage } from "./storage.ts";
import { Trouble } from "./trouble.ts";
import {
  decode,
  encode,
  type FromThread,
  type ThreadOptions,
  type ToThread,
} from "../calls/thread_messages.ts";

/** Milliseconds between two looks for what can be deleted, and between two slices of it. */
const SWEEP_MS = { rest: 1_000, next: 5 } as const;

function tell(message: FromThread): void {
  parentPort?.postMessage(encode(message));
}

/** Tells the last message, and ends the thread. */
function end(message: FromThread): void {
  tell(message);
  process.exit(0);
}

/** The address of this module, from which the thread is started. */
export const THREAD_URL: string = import.meta.url;

/** Runs the thread: opens the database and answers until it is told to close it. */
export function runThread(): void {
  try {
    run(workerData);
  } catch (error) {
    const isOwned = error instanceof OwnedError;
    const isKnown = isOwned || error instanceof UnusableError;
    const reason = isKnown ? error.message : reasonOf(error);
    end({ refused: { isOwned, reason } });
  }
}

function run(options: ThreadOptions): void {
  const { synchronous, bounds } = options;
  // The lock is beside the file itself, whatever links lead to it.
  const path = realFile(options.path);
  checkFolder(path);
  const note = new OwnerNote(path);
  let database;
  try {
    database = openDatabase(path, options);
  } catch (error) {
    note.undo();
    throw error;
  }
  const state = new State(database, note, synchronous);
  const storage = new Storage(database, state, bounds, new Trouble(path));
  const reader = new LogReader(database);
  let sweeper: ReturnType<typeof setTimeout>;

  function sweep(): void {
    let hasMore = false;
    try {
      const { retention, clock } = storage;
      if (retention.isDue(clock.now())) {
        hasMore = storage.write(() => retention.sweep(clock.now()));
        tell({ report: storage.report() });
      }
    } catch {
      // The disk may be full. The gateway learns it from the next message, and deleting is tried again.
    }
    sweeper = setTimeout(sweep, hasMore ? SWEEP_MS.next : SWEEP_MS.rest);
  }

  parentPort?.on("message", (text: string) => {
    const message: ToThread = decode(text);
    if ("requests" in message) {
      const answers = runBatch(storage, reader, message.requests);
      return tell({ answers, report: storage.report() });
    }
    clearTimeout(sweeper);
    try {
      state.close();
    } catch {
      // The disk may be full. The next opening finds that the file was in use.
    }
    database.close();
    note.close();
    end({ closed: true });
  });
  sweeper = setTimeout(sweep, SWEEP_MS.rest);
  tell({ opened: { wasRestored: state.wasRestored } });
}
