import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { join } from "node:path";
import { publishAll } from "../../../support/client/client.ts";
import { FaultyDisk } from "../../../support/disk/faulty_disk.ts";
import { startSqliteCli } from "../../../support/gateway/sqlite_cli.ts";
import { gccPath } from "../../../support/requirements.ts";
import { until } from "../../../support/until.ts";

const onFaultyDisk = gccPath() === undefined ? describe.skip : describe;

onFaultyDisk("a gateway whose disk hangs", () => {
  it("ends on SIGTERM, though a commit and what waits behind it never end", async () => {
    await using disk = await FaultyDisk.create();
    const path = join(disk.folder, "tidings.db");
    await using gateway = await startSqliteCli(path, [], disk.env);
    const { cli, target } = gateway;
    await publishAll(target, "before");
    const { syncsBegun } = disk.counts;
    disk.set("hold");
    const hanging = [1, 2].map((data) =>
      publishAll(target, data).catch(() => {})
    );
    await until(() => disk.counts.syncsBegun > syncsBegun);
    cli.kill("SIGTERM");
    // It kills itself, because on Node an exit would wait for the disk.
    const { code, stderr } = await cli.finished;
    assertEquals(code, null);
    assertMatch(
      stderr,
      /The gateway did not close: Cannot use the database: the disk doesn't answer/,
    );
    // The publishers try again until their own patience is over.
    disk.set("ok");
    await Promise.all(hanging);
  });
});
