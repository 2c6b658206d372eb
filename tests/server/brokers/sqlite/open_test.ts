import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { RealtimeError } from "../../../../core/protocol/errors.ts";
import { SqliteBroker } from "../../../../server/brokers/sqlite.ts";
import { message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";

/** Opens a path; returns the error's code and the reason in its message. */
async function refusal(path: string): Promise<[string, string]> {
  const { code, message } = await assertRejects(
    () => SqliteBroker.open({ path }),
    RealtimeError,
  );
  const start = `Cannot open the database ${JSON.stringify(path)}: `;
  assert(message.startsWith(start), message);
  assert(!message.includes("\n"));
  return [code, message.slice(start.length)];
}

describe("opening a SQLite broker", () => {
  it("refuses a file that another broker owns, until that one is closed", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    const expected = ["conflict", "another process uses it"];
    assertEquals(await refusal(folder.path), expected);
    assertEquals(await refusal(folder.path), expected);
    // The owner goes on undisturbed.
    await broker.publish("c", [message(1)]);
    await broker.close();
    await (await folder.open()).close();
  });

  it("refuses what is no database, and leaves it as it is", async () => {
    await using folder = await DatabaseFolder.create();
    const texts = ["short", "SQLite format 3\0", "no database ".repeat(100)];
    for (const text of texts) {
      await writeFile(folder.path, text);
      assertEquals(await refusal(folder.path), [
        "invalid_argument",
        "it is no SQLite database",
      ]);
      assertEquals(await readFile(folder.path, "utf8"), text);
      assertEquals(await readdir(folder.folder), ["test.db"]);
    }
  });

  it("refuses the database of another program, and leaves it as it is", async () => {
    await using folder = await DatabaseFolder.create();
    const database = folder.database();
    database.exec("CREATE TABLE theirs (a)");
    database.close();
    const before = await readFile(folder.path);
    assertEquals(await refusal(folder.path), [
      "invalid_argument",
      "it is the database of another program",
    ]);
    assertEquals(await readFile(folder.path), before);
    assertEquals(await readdir(folder.folder), ["test.db"]);
  });

  it("refuses a database with the schema of a newer release, and leaves it as it is", async () => {
    await using folder = await DatabaseFolder.create();
    await (await folder.open()).close();
    const database = folder.database();
    database.exec("PRAGMA user_version = 7");
    database.close();
    const before = await readFile(folder.path);
    const [code, reason] = await refusal(folder.path);
    assertEquals(code, "invalid_argument");
    assert(reason.startsWith("its schema has version 7, this release"), reason);
    assertEquals(await readFile(folder.path), before);
  });

  it("refuses a newer schema also where only the write-ahead log tells of it", async () => {
    await using folder = await DatabaseFolder.create();
    await (await folder.open()).close();
    const database = folder.database();
    database.exec("PRAGMA user_version = 7");
    const [, reason] = await refusal(folder.path);
    assert(reason.startsWith("its schema has version 7, this release"), reason);
    database.close();
  });

  it("refuses a folder that is missing or can't be written, and a path that is no file", async () => {
    await using folder = await DatabaseFolder.create();
    const missing = join(folder.folder, "none");
    assertEquals(await refusal(join(missing, "x.db")), [
      "invalid_argument",
      `the folder ${JSON.stringify(missing)} is missing`,
    ]);
    await mkdir(folder.path);
    assertEquals(await refusal(folder.path), [
      "invalid_argument",
      "it is no file",
    ]);
    if (!existsSync("/proc/version")) return;
    assertEquals(await refusal("/proc/x.db"), [
      "invalid_argument",
      "its folder can't be written",
    ]);
  });

  it("refuses publishes after it was closed, at once, and closes twice", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    const publishing = broker.publish("c", [message(1)]);
    await Promise.all([broker.close(), broker.close()]);
    assertEquals((await publishing).length, 1);
    const { code } = await assertRejects(
      () => broker.publish("c", [message(2)]),
      RealtimeError,
      "Cannot use the database: it is closed",
    );
    assertEquals(code, "unavailable");
  });

  it("takes an empty file, and repairs a damaged note of the owner", async () => {
    await using folder = await DatabaseFolder.create();
    await writeFile(folder.path, "");
    await (await folder.open()).close();
    await writeFile(`${folder.path}-owner`, "damaged ".repeat(1000));
    await (await folder.open()).close();
    await (await folder.open()).close();
  });

  it("refuses options that are out of their range", async () => {
    await using folder = await DatabaseFolder.create();
    for (const name of ["historySize", "storageBudget"]) {
      await assertRejects(
        () => folder.open({ [name]: 0.5 }),
        RealtimeError,
        `Cannot open a SQLite broker: "${name}" is 0.5`,
      );
    }
    await assertRejects(
      () => folder.open({ keyTtl: -1 }),
      RealtimeError,
      'Cannot open a SQLite broker: "keyTtl" is "-1", it must be a number of seconds',
    );
    assertEquals(await readdir(folder.folder), []);
  });
});
