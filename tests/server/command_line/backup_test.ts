import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { copyFile, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseFolder } from "../../support/brokers/sqlite.ts";
import { assertRefused } from "../../support/gateway/assert_refused.ts";
import { runCli } from "../../support/gateway/cli.ts";
import { startSqliteCli } from "../../support/gateway/sqlite_cli.ts";
import { publish } from "../../support/wire/publish.ts";
import { logOf } from "../../support/wire/streams.ts";
import { connectReady, tokenFor } from "../../support/wire/websocket.ts";

/** Takes a backup and returns what is printed about it. */
async function backUp(path: string, copy: string): Promise<string> {
  const { code, stdout, stderr } = await runCli(["backup", path, copy]);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

describe("tidings backup", () => {
  it("copies the database while a gateway goes on publishing", async () => {
    await using folder = await DatabaseFolder.create();
    const copy = join(folder.folder, "copy.db");
    await using gateway = await startSqliteCli(folder.path);
    const { target } = gateway;
    const before = [];
    for (let n = 0; n < 20; n++) before.push(await publish(target, "c/t", n));
    const during: string[] = [];
    const state = { isCopied: false };
    const copied = backUp(folder.path, copy).finally(() => {
      state.isCopied = true;
    });
    while (!state.isCopied) during.push(await publish(target, "c/t", "during"));
    const text = await copied;
    assertMatch(text, /^Copied \S+test\.db to \S+copy\.db, \d+\.\d KiB\.$/m);
    assert(during.length > 0);
    const all = [...before, ...during];
    assertEquals((await logOf(target, "c")).map(({ id }) => id), all);
    // The copy is a database of its own, and has all that was published before it was asked for.
    await using other = await startSqliteCli(copy);
    const kept = (await logOf(other.target, "c")).length;
    assert(kept >= before.length && kept <= all.length);
    const names = await readdir(folder.folder);
    assertEquals(
      names.filter((name) => name.startsWith("copy.db-")).sort(),
      ["copy.db-owner", "copy.db-shm", "copy.db-wal"],
    );
  });

  it("says how to restore the copy; clients then get a gap and new ids", async () => {
    await using folder = await DatabaseFolder.create();
    const copy = join(folder.folder, "copy.db");
    let last = "";
    {
      await using gateway = await startSqliteCli(folder.path);
      await publish(gateway.target, "c/t", "kept");
      const text = await backUp(folder.path, copy);
      const { path } = folder;
      const files = ["", "-wal", "-shm", "-owner"].map((end) => path + end);
      assertStringIncludes(
        text,
        `\n  rm -f ${files.join(" ")}\n  cp ${copy} ${path}\n`,
      );
      last = await publish(gateway.target, "c/t", "lost");
      gateway.cli.kill("SIGKILL");
      await gateway.cli.finished;
      for (const file of files) await rm(file, { force: true });
      await copyFile(copy, path);
    }
    await using gateway = await startSqliteCli(folder.path);
    const { target } = gateway;
    const token = await tokenFor(target, ["c/t"]);
    const { client, ready } = await connectReady(target, {
      token,
      since: last,
    });
    assertEquals(ready.channels[0]?.recovered, false);
    assertEquals((await client.next()).kind, "gap");
    await client.close();
    const next = await publish(target, "c/t", "next");
    const [kept, ...others] = await logOf(target, "c");
    assertEquals([kept?.data, others.map(({ id }) => id)], ["kept", [next]]);
    assert(next.split("-")[0] !== last.split("-")[0]);
  });

  it("copies a database that no gateway has open, and leaves nothing beside it", async () => {
    await using folder = await DatabaseFolder.create();
    {
      const broker = await folder.open();
      await broker.close();
    }
    await mkdir(join(folder.folder, "it's"));
    const copy = join(folder.folder, "it's", "copy.db");
    const text = await backUp(folder.path, copy);
    assertStringIncludes(text, `${folder.folder}/it'\\''s/copy.db'`);
    const names = (await readdir(folder.folder)).sort();
    assertEquals(names, ["it's", "test.db", "test.db-owner"]);
    assertEquals(await readdir(join(folder.folder, "it's")), ["copy.db"]);
  });

  it("says in one line, with exit code 2, why it can't copy", async () => {
    await using folder = await DatabaseFolder.create();
    const { path } = folder;
    const copy = join(folder.folder, "copy.db");
    await assertRefused(
      ["backup", path, copy],
      /^Cannot back up ".+": it is missing\n/,
    );
    await (await folder.open()).close();
    const nowhere = join(folder.folder, "missing", "copy.db");
    await assertRefused(
      ["backup", path, nowhere],
      /: the folder ".+" is missing\n/,
    );
    await writeFile(copy, "");
    await assertRefused(["backup", path, copy], /: the copy exists already\n/);
    await assertRefused(
      ["backup", path],
      /give its file and the copy's, as in /,
    );
    await assertRefused(
      ["backup", path, copy, copy],
      /give its file and the copy's/,
    );
    await assertRefused(["backup", path, copy, "--force"], /--force/);
    const names = (await readdir(folder.folder)).sort();
    assertEquals(names, ["copy.db", "test.db", "test.db-owner"]);
  });
});
