import process from "node:process";

/**
 * Loads SQLite, which the runtimes have built in.
 *
 * Node warned until 24 that the module is experimental, once in each thread. That would be a line in the log that is no event, so
 * warnings are muted for the load, which is synchronous.
 *
 * @throws {Error} On a runtime that lacks it. Its message is the end of a sentence.
 */
export function loadSqlite(): typeof import("node:sqlite") {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    const sqlite = process.getBuiltinModule("node:sqlite");
    if (sqlite) return sqlite;
  } finally {
    process.emitWarning = emitWarning;
  }
  throw new Error(
    `Node ${process.versions.node} has no node:sqlite; use Node 22.13 or later`,
  );
}
