import { assert, assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { join } from "node:path";
import { open, publishAll, takeData } from "../../../support/client/client.ts";
import { FaultyDisk } from "../../../support/disk/faulty_disk.ts";
import { Cli } from "../../../support/gateway/cli.ts";
import { SIGNING_KEY } from "../../../support/gateway/gateway.ts";
import { gccPath } from "../../../support/requirements.ts";
import { until } from "../../../support/until.ts";

const onFaultyDisk = gccPath() === undefined ? describe.skip : describe;

/** Starts a gateway with a database on a disk. */
function start(disk: FaultyDisk, query = ""): Cli {
  const broker = `sqlite:${join(disk.folder, "tidings.db")}${query}`;
  const args = ["--signing-key", SIGNING_KEY, "--broker", broker];
  return new Cli(["--port", "0", ...args], disk.env);
}

onFaultyDisk("a publish to a gateway with the SQLite broker", () => {
  it("is answered and delivered only after its commit is on disk", async () => {
    await using disk = await FaultyDisk.create();
    await using cli = start(disk);
    const target = { url: await cli.url(), signingKey: SIGNING_KEY };
    await using stream = await open(target);
    const { syncs } = disk.counts;
    disk.set("hold");
    const order: string[] = [];
    const published = publishAll(target, "held")
      .then(() => order.push("answered"));
    const delivered = takeData(stream, 1)
      .then((data) => order.push(`delivered ${data}`));
    await until(() => disk.counts.syncsBegun > syncs);
    // The gateway has time for a wrong answer.
    await (await fetch(`${target.url}/livez`)).text();
    order.push(`${disk.counts.syncs - syncs} syncs`);
    disk.set("ok");
    await Promise.all([published, delivered]);
    assertEquals(order.length, 3);
    assertEquals(order[0], "0 syncs");
    assert(disk.counts.syncs > syncs);
  });

  it("shares one commit with those that wait while another one runs", async () => {
    await using disk = await FaultyDisk.create();
    await using cli = start(disk);
    const target = { url: await cli.url(), signingKey: SIGNING_KEY };
    await publishAll(target, "before");
    const { syncs, syncsBegun } = disk.counts;
    disk.set("hold");
    const first = publishAll(target, "first");
    await until(() => disk.counts.syncsBegun > syncsBegun);
    const others = Array.from({ length: 20 }, (_, i) => publishAll(target, i));
    // They are with the gateway once it answers a request that came after them.
    await (await fetch(`${target.url}/livez`)).text();
    disk.set("ok");
    await Promise.all([first, ...others]);
    const used = disk.counts.syncs - syncs;
    assert(used >= 2 && used < 10, `${used} syncs for 21 publishes`);
  });

  it("waits for no sync with ?synchronous=normal", async () => {
    await using disk = await FaultyDisk.create();
    await using cli = start(disk, "?synchronous=normal");
    const target = { url: await cli.url(), signingKey: SIGNING_KEY };
    await publishAll(target, "before");
    const { syncsBegun } = disk.counts;
    disk.set("hold");
    await publishAll(target, 1, 2, 3);
    assertEquals(disk.counts.syncsBegun, syncsBegun);
    disk.set("ok");
  });
});
