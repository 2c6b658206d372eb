import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { stat } from "node:fs/promises";
import type { Broker } from "../../../../server/brokers/broker.ts";
import { listen, message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import { until } from "../../../support/until.ts";

const KIB = "x".repeat(1024);

const BUDGET = 4 * 1024 * 1024;

/** Bytes that the write-ahead log may add. */
const SLACK = 16_000_000;

/** Returns the bytes of the database and its write-ahead log. */
async function bytesOf({ path }: DatabaseFolder): Promise<number> {
  const files = await Promise.all([stat(path), stat(`${path}-wal`)]);
  return files.reduce((bytes, { size }) => bytes + size, 0);
}

/** Publishes messages of 1 KiB, many at a time. */
async function fill(
  broker: Broker,
  channel: string,
  count: number,
): Promise<void> {
  for (let left = count; left > 0; left -= 100) {
    const length = Math.min(left, 100);
    await broker.publish(channel, Array(length).fill(message(KIB)));
  }
}

async function offsetsIn(broker: Broker, channel: string): Promise<number[]> {
  const { entries } = await broker.read(channel, 0, 1e6, 1e9);
  return entries.map(({ offset }) => offset);
}

describe("the retention of a SQLite broker", () => {
  it("deletes what is too old from the file, and gives its space back", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open({ historyTtl: 1, historySize: 10_000 });
    await fill(broker, "c", 3000);
    const full = folder.count("PRAGMA page_count");
    await until(() => folder.count("SELECT count(*) FROM messages") === 0);
    await until(() => folder.count("PRAGMA page_count") < full / 4);
    // The last connection shortens the file itself.
    await broker.close();
    assert((await stat(folder.path)).size < full * 4096 / 4);
  });

  it("deletes channels without messages, but none that a client follows or that has keys", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open({ historyTtl: 1, keyTtl: "200ms" });
    const listener = listen();
    await broker.subscribe("followed", listener);
    const [followed] = await broker.publish("followed", [message(1)]);
    const kept = await broker.publish("kept", [message(1)], "k", 600_000);
    const [gone] = await broker.publish("gone", [message(1)], "k");
    await broker.read("looked at", 0, 1, 1);
    await until(() => folder.count("SELECT count(*) FROM channels") === 2);
    const next = async (channel: string) =>
      (await broker.publish(channel, [message(2)]))[0];
    assertEquals(await next("followed"), followed?.replace("-1", "-2"));
    assertEquals(listener.moves, []);
    const again = await broker.publish("kept", [message(1)], "k");
    assertEquals(again, kept);
    assertNotEquals((await next("gone"))?.slice(0, 8), gone?.slice(0, 8));
    await broker.close();
  });

  it("keeps channels without messages for a while after a restart, until clients follow them again", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await folder.open({ historyTtl: 2 });
    await first.publish("c", [message(1)]);
    const { epoch } = await first.subscribe("c", listen());
    await until(() => folder.count("SELECT count(*) FROM messages") === 0);
    await first.close();
    // Nobody used the channel for longer than messages are kept, and the file was swept once since it was opened.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    const second = await folder.open({ historyTtl: 2 });
    await new Promise((resolve) => setTimeout(resolve, 1400));
    const state = await second.subscribe("c", listen());
    assertEquals([state.epoch, state.offset], [epoch, 1]);
    await second.close();
  });

  it("keeps the file within its budget, and loses what was published first", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open({
      storageBudget: BUDGET,
      historySize: 10_000,
      historyTtl: 60,
    });
    await fill(broker, "old", 1000);
    for (let round = 0; round < 8; round++) await fill(broker, "new", 500);
    assert(await bytesOf(folder) <= BUDGET + SLACK);
    await broker.close();
    const again = await folder.open({ historySize: 10_000 });
    assertEquals(await offsetsIn(again, "old"), []);
    const page = await again.read("old", 0, 1, 1);
    assertEquals([page.first, page.top], [1001, 1000]);
    assertEquals((await again.read("new", 0, 1, 1)).top, 4000);
    await again.close();
  });

  it("keeps the budget with many channels at every rate, because publishing waits until there is room", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open({
      storageBudget: BUDGET,
      historyTtl: 7 * 24 * 3600,
    });
    const large = [message("x".repeat(100_000))];
    const channels = Array.from({ length: 300 }, (_, i) => `c${i}`);
    let most = 0;
    for (let round = 0; round < 2; round++) {
      for (let i = 0; i < channels.length; i += 20) {
        await Promise.all(
          channels.slice(i, i + 20).map((c) => broker.publish(c, large)),
        );
        most = Math.max(most, await bytesOf(folder));
      }
    }
    assert(most <= BUDGET + SLACK, `${most} bytes`);
    assert(folder.count("PRAGMA page_count") * 4096 <= BUDGET);
    await broker.close();
    const again = await folder.open({ historyTtl: 7 * 24 * 3600 });
    const summaries = await again.summarize(channels);
    await again.close();
    assertEquals(summaries.every((one) => one?.offset === 2), true);
    // The newest of all are left, and all of them.
    const kept = summaries.map((one) => one?.messages ?? 0);
    const count = kept.lastIndexOf(0);
    assert(count < 290, `${channels.length - 1 - count} are left`);
    assertEquals(kept.slice(0, count + 1).every((left) => left === 0), true);
  });

  it("keeps the budget where even no message is left, by dropping keys and channels that nobody follows", async () => {
    await using folder = await DatabaseFolder.create();
    const storageBudget = BUDGET / 16;
    const broker = await folder.open({ storageBudget, historyTtl: 3600 });
    const { epoch } = await broker.subscribe("followed", listen());
    for (let i = 0; i < 40; i++) {
      await Promise.all(Array.from(
        { length: 100 },
        (_, j) => broker.publish(`channel ${i} ${j}`, [message(1)], "k"),
      ));
    }
    assert(folder.count("PRAGMA page_count") * 4096 <= 1.5 * storageBudget);
    assert(folder.count("SELECT count(*) FROM channels") < 3000);
    const [id] = await broker.publish("followed", [message(1)]);
    assertEquals(id, `${epoch}-1`);
    await broker.close();
  });

  it("counts messages and bytes over restarts", async () => {
    await using folder = await DatabaseFolder.create();
    const options = { historySize: 10, historyBytes: 6000 };
    for (let data = 0; data < 4; data++) {
      const broker = await folder.open(options);
      for (let i = 0; i < 5; i++) await broker.publish("c", [message(data)]);
      await broker.close();
    }
    const broker = await folder.open(options);
    assertEquals((await offsetsIn(broker, "c"))[0], 11);
    await broker.publish("c", [message(KIB), message(KIB), message(KIB)]);
    const offsets = await offsetsIn(broker, "c");
    await broker.close();
    const again = await folder.open(options);
    assertEquals(await offsetsIn(again, "c"), offsets);
    const [summary] = await again.summarize(["c"]);
    assert((summary?.bytes ?? 0) <= 6000, `${summary?.bytes} bytes`);
    await again.close();
  });

  it("serves a log that is larger than the memory budget from the file, page by page", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open({ memoryBudget: 100_000 });
    const listener = listen();
    await broker.subscribe("a", listener);
    for (let i = 0; i < 5; i++) {
      await fill(broker, "a", 100);
      await fill(broker, "b", 100);
    }
    assert((broker.usage().bytes) < 300_000, `${broker.usage().bytes}`);
    const offsets: number[] = [];
    for (let after = 0;;) {
      const page = await broker.read("a", after, 70, 1e9);
      assertEquals([page.first, page.top], [1, 500]);
      offsets.push(...page.entries.map(({ offset }) => offset));
      const last = page.entries.at(-1);
      if (!last) break;
      after = last.offset;
    }
    assertEquals(offsets, Array.from({ length: 500 }, (_, i) => i + 1));
    assertEquals(listener.offsets, offsets);
    const topics = new Set(["t"]);
    assertEquals((await broker.before("a", topics, 450)).offset, 50);
    await broker.close();
  });
});
