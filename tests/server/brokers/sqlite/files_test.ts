import { assert, assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { chmod, link, stat, symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { RealtimeError } from "../../../../core/protocol/errors.ts";
import { SqliteBroker } from "../../../../server/brokers/sqlite.ts";
import { backUpDatabase } from "../../../../server/brokers/sqlite/file/backup.ts";
import { message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import { collectLog, eventsIn } from "../../../support/log.ts";

/** The files of a database that is in use. */
const SUFFIXES = ["", "-wal", "-shm", "-owner"];

async function rightsOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

/** Opens a path; returns the error's code and message. */
async function refusal(path: string): Promise<[string, string]> {
  const { code, message } = await assertRejects(
    () => SqliteBroker.open({ path }),
    RealtimeError,
  );
  return [code, message];
}

describe("the files of a SQLite broker", () => {
  it("are locked whatever links lead to them", async () => {
    await using folder = await DatabaseFolder.create();
    const other = join(folder.folder, "other.db");
    await symlink(folder.path, other);
    const first = await SqliteBroker.open({ path: folder.path });
    const name = JSON.stringify(other);
    const owned = `Cannot open the database ${name}: another process uses it`;
    assertEquals(await refusal(other), ["conflict", owned]);
    const [id] = await first.publish("c", [message(1)]);
    await first.close();
    // By the link it is the same database, with the same note of its owner.
    const linked = await SqliteBroker.open({ path: other });
    const [next] = await linked.publish("c", [message(2)]);
    assertEquals(next, id?.replace("-1", "-2"));
    const [, text] = await refusal(folder.path);
    assert(text.endsWith("another process uses it"), text);
    await linked.close();
  });

  it("are refused with a hard link, because the locks of its names differ", async () => {
    await using folder = await DatabaseFolder.create();
    const other = join(folder.folder, "other.db");
    const first = await folder.open();
    await link(folder.path, other);
    const [code, text] = await refusal(other);
    assertEquals(code, "invalid_argument");
    assert(text.includes("it has a second name, a hard link"), text);
    await first.publish("c", [message(1)]);
    await first.close();
    await unlink(other);
    await (await folder.open()).close();
  });

  it("can be read by the user of the process only, and so can a backup", async () => {
    await using folder = await DatabaseFolder.create();
    const { path } = folder;
    const copy = join(folder.folder, "copy.db");
    const umask = process.umask(0o022);
    try {
      const broker = await folder.open();
      await broker.publish("c", [message(1)]);
      backUpDatabase(path, copy);
      const files = [...SUFFIXES.map((suffix) => path + suffix), copy];
      const rights = await Promise.all(files.map(rightsOf));
      assertEquals(rights, files.map(() => 0o600));
      await broker.close();
    } finally {
      process.umask(umask);
    }
  });

  it("lose the rights of others when they are opened", async () => {
    await using folder = await DatabaseFolder.create();
    const { path } = folder;
    await (await folder.open()).close();
    await chmod(path, 0o644);
    await chmod(`${path}-owner`, 0o664);
    const broker = await folder.open();
    await broker.publish("c", [message(1)]);
    const rights = SUFFIXES.map((suffix) => rightsOf(path + suffix));
    assertEquals(await Promise.all(rights), SUFFIXES.map(() => 0o600));
    await broker.close();
  });
});

describe("an error of SQLite that has no words of ours", () => {
  it("is told to the log only, once", async () => {
    await using folder = await DatabaseFolder.create();
    await using log = await collectLog("warning");
    const broker = await folder.open();
    const database = folder.database();
    database.exec(
      `CREATE TRIGGER failing BEFORE INSERT ON messages
       BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: x.y'); END`,
    );
    for (let i = 0; i < 2; i++) {
      await assertRejects(
        () => broker.publish("c", [message(1)]),
        RealtimeError,
        "Cannot use the database: it reported an error that is in the gateway's log",
      );
    }
    database.exec("DROP TRIGGER failing");
    database.close();
    assertEquals((await broker.publish("c", [message(1)])).length, 1);
    await broker.close();
    const warnings = eventsIn(log, "broker.warning");
    assertEquals(
      warnings.map(({ message }) => message),
      ["UNIQUE constraint failed: x.y"],
    );
  });
});
