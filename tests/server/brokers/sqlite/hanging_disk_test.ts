import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { join } from "node:path";
import { publishAll } from "../../../support/client/client.ts";
import { FaultyDisk } from "../../../support/disk/faulty_disk.ts";
import { Cli } from "../../../support/gateway/cli.ts";
import { SIGNING_KEY } from "../../../support/gateway/gateway.ts";
import { gccPath } from "../../../support/requirements.ts";
import { until } from "../../../support/until.ts";

const onFaultyDisk = gccPath() === undefined ? describe.skip : describe;

onFaultyDisk("a gateway whose disk hangs", () => {
  it("ends on SIGTERM, though a commit and what waits behind it never end", async () => {
    await using disk = await FaultyDisk.create();
    const broker = `sqlite:${join(disk.folder, "tidings.db")}`;
    await using cli = new Cli(
      ["--port", "0", "--signing-key", SIGNING_KEY, "--broker", broker],
      disk.env,
    );
    const target = { url: await cli.url(), signingKey: SIGNING_KEY };
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
