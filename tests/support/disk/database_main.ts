/**
 * A process that writes to a SQLite database in a worker thread, as the broker does. Its arguments are the path of the database and the
 * value of `PRAGMA synchronous`. It takes
 * commands as lines on its input, and answers each with a line of JSON: `insert <text>` commits a row, `count` counts the rows,
 * `clock` waits a moment in both threads, and tells what they and SQLite take for the time, in milliseconds since 1970.
 *
 * @module
 */

import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import {
  isMainThread,
  parentPort,
  Worker,
  workerData,
} from "node:worker_threads";
import { readLines } from "../process/lines.ts";

const MOMENT_MS = 5;

if (isMainThread) {
  const worker = new Worker(new URL(import.meta.url), {
    workerData: process.argv.slice(2),
  });
  worker.on("message", (answer: object) => {
    setTimeout(() => {
      console.log(JSON.stringify({ ...answer, main: Date.now() }));
    }, MOMENT_MS);
  });
  readLines(process.stdin, (line) => worker.postMessage(line));
  process.stdin.on("end", () => process.exit(0));
} else {
  const [path, synchronous] = workerData;
  const database = new DatabaseSync(path);
  database.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous}; ` +
      "CREATE TABLE IF NOT EXISTS texts (text TEXT NOT NULL)",
  );
  const insert = database.prepare("INSERT INTO texts VALUES (?)");
  const count = database.prepare("SELECT count(*) AS count FROM texts");
  const clock = database.prepare(
    "SELECT unixepoch('now', 'subsec') * 1000 AS sqlite",
  );
  parentPort?.on("message", (line: string) => {
    const [command, text = ""] = line.split(" ");
    try {
      if (command === "insert") insert.run(text);
      const nothing = new Int32Array(new SharedArrayBuffer(4));
      if (command === "clock") Atomics.wait(nothing, 0, 0, MOMENT_MS);
      const row = command === "clock" ? clock.get() : count.get();
      parentPort?.postMessage({ ...row, worker: Date.now() });
    } catch (error) {
      parentPort?.postMessage({ error: Object(error).message });
    }
  });
  parentPort?.postMessage({ ready: true });
}
