import { assertEquals, assertRejects } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { RealtimeError } from "../../../../core/protocol/errors.ts";
import { parseId } from "../../../../core/protocol/id.ts";
import type { Broker } from "../../../../server/brokers/broker.ts";
import { listen, message } from "../../../support/brokers/broker_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import { until } from "../../../support/until.ts";

async function offsetOf(
  publishing: ReturnType<Broker["publish"]>,
): Promise<number | undefined> {
  return parseId((await publishing)[0])?.offset;
}

describe("calls of a SQLite broker that don't wait for each other", () => {
  it("take effect in their order, replies among them", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    const listener = listen();
    const { epoch } = await broker.subscribe("c", listener);
    const calls = Array.from({ length: 600 }, (_, i) => {
      if (i % 7 !== 3) return offsetOf(broker.publish("c", [message(i)]));
      const target = { epoch, offset: i, key: `${i}` };
      const reply = broker.reply("c", message(i, "replies"), target);
      return Promise.resolve(reply).then((first) => parseId(first?.id)?.offset);
    });
    const expected = calls.map((_, i) => i + 1);
    assertEquals(await Promise.all(calls), expected);
    assertEquals(listener.offsets, expected);
    assertEquals(
      listener.heard.map(({ json }) => JSON.parse(json).data),
      calls.map((_, i) => i),
    );
    await broker.close();
  });

  it("are refused together while the file can't be written, and succeed afterwards", async () => {
    await using folder = await DatabaseFolder.create();
    const broker = await folder.open();
    const listener = listen();
    await broker.subscribe("c", listener);
    assertEquals(await offsetOf(broker.publish("c", [message(1)])), 1);
    // Another program that leaves a transaction open keeps everyone from writing.
    const other = folder.database();
    other.exec("BEGIN IMMEDIATE");
    const first = broker.publish("c", [message(2)], "k");
    await new Promise((resolve) => setTimeout(resolve, 100));
    // These wait behind the first one.
    const waiting = [3, 4].map((data) => broker.publish("c", [message(data)]));
    for (const call of [first, ...waiting]) {
      const { code } = await assertRejects(
        () => call,
        RealtimeError,
        "Cannot use the database: another process uses it",
      );
      assertEquals(code, "unavailable");
    }
    const detail = "the database can't be used: another process uses it";
    assertEquals(await broker.health(), { ok: false, detail });
    // The messages in memory can be read all the same.
    const page = await broker.read("c", 0, 10, 1e6);
    assertEquals([page.top, page.entries.length], [1, 1]);
    other.exec("ROLLBACK");
    await until(async () => (await broker.health()).ok);
    assertEquals(await offsetOf(broker.publish("c", [message(2)], "k")), 2);
    assertEquals(await offsetOf(broker.publish("c", [message(3)])), 3);
    assertEquals(listener.offsets, [1, 2, 3]);
    other.close();
    await broker.close();
  });
});
