import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { join } from "node:path";
import { FaultyDisk } from "../../../support/disk/faulty_disk.ts";
import { startSqliteCli } from "../../../support/gateway/sqlite_cli.ts";
import { gccPath } from "../../../support/requirements.ts";
import { post } from "../../../support/wire/publish.ts";

const onFaultyDisk = gccPath() === undefined ? describe.skip : describe;

/** Bytes that the disk still has: the write-ahead log can grow by a few pages only. */
const LEFT = 100_000;

onFaultyDisk("a gateway whose disk is almost full", () => {
  it("is not ready until as much can be written as was refused, though less still fits", async () => {
    await using disk = await FaultyDisk.create();
    const path = join(disk.folder, "tidings.db");
    await using gateway = await startSqliteCli(path, [], disk.env);
    const { target } = gateway;
    async function publish(bytes: number): Promise<number> {
      const body = JSON.stringify("x".repeat(bytes));
      const answer = await post(target, { channel: "c", topic: "t", body });
      await answer.body?.cancel();
      return answer.status;
    }
    async function readiness(): Promise<[number, string]> {
      const answer = await fetch(`${target.url}/readyz`);
      return [answer.status, await answer.text()];
    }
    assertEquals(await publish(1), 200);
    disk.set("full", LEFT);
    assertEquals(await publish(2 * LEFT), 503);
    for (let look = 0; look < 3; look++) {
      const [status, text] = await readiness();
      assertEquals(status, 503);
      assertMatch(text, /the database can't be used: the disk is full/);
      assertEquals(await publish(1), 200);
    }
    disk.set("ok");
    assertEquals((await readiness())[0], 200);
    assertEquals(await publish(2 * LEFT), 200);
  });
});
