import { assertEquals, assertNotEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { parseId } from "../../../../core/protocol/id.ts";
import type { Broker } from "../../../../server/brokers/broker.ts";
import { listen, message } from "../../../support/brokers/broker_contract.ts";
import { revocation } from "../../../support/brokers/revocation_contract.ts";
import { DatabaseFolder } from "../../../support/brokers/sqlite.ts";
import { open, publishAll } from "../../../support/client/client.ts";
import { startGateway } from "../../../support/gateway/gateway.ts";
import { until } from "../../../support/until.ts";
import { endsOf, logOf, producerOf } from "../../../support/wire/streams.ts";

/** Returns the ids of a channel's log. */
async function idsOf(broker: Broker, channel: string): Promise<string[]> {
  const { epoch, entries } = await broker.read(channel, 0, 1e6, 1e9);
  return entries.map(({ offset }) => `${epoch}-${offset}`);
}

describe("a SQLite broker that is opened again", () => {
  it("has every message, and goes on with the next offset of the same epoch", async () => {
    await using folder = await DatabaseFolder.create();
    const raw = 'data: "\n\u0000\n🙂';
    const messages = [
      message("🙂"),
      message(raw, "}{ 🙂", { kind: "chunk", raw, streamId: 's\n"' }),
    ];
    const first = await folder.open();
    const ids = [
      ...await first.publish("c", messages),
      ...await first.publish("c", [message(3)]),
    ];
    const { entries } = await first.read("c", 0, 9, 1e9);
    const texts = entries.map(({ json, raw }) => [json, raw]);
    await first.close();

    const second = await folder.open();
    const page = await second.read("c", 0, 9, 1e9);
    assertEquals(page.entries.map(({ json, raw }) => [json, raw]), texts);
    assertEquals(await idsOf(second, "c"), ids);
    const { epoch, offset } = await second.subscribe("c", listen());
    assertEquals(`${epoch}-${offset}`, ids[2]);
    const [next] = await second.publish("c", [message(4)]);
    assertEquals(next, `${epoch}-4`);
    await second.close();
  });

  it("keeps the epoch of a channel without messages that a client follows", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await folder.open();
    const before = await first.subscribe("c", listen());
    await first.close();
    const second = await folder.open();
    assertEquals(await second.subscribe("c", listen()), before);
    await second.close();
  });

  it("knows idempotency keys and first replies until they expire", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await folder.open({ keyTtl: "300ms" });
    const ids = await first.publish(
      "c",
      [message(1), message(2)],
      "long",
      60_000,
    );
    const short = await first.publish("c", [message(3)], "short");
    const question = parseId(ids[0]) ?? { epoch: "", offset: 0 };
    const target = { ...question, key: "a" };
    const reply = await first.reply("c", message("yes", "r"), target);
    await first.close();

    const second = await folder.open({ keyTtl: "300ms" });
    assertEquals(await second.publish("c", [message(1)], "long"), ids);
    await until(async () => {
      const again = await second.publish("c", [message(3)], "short");
      return again[0] !== short[0];
    });
    const late = { ...question, key: "b" };
    assertEquals(await second.reply("c", message("no", "r"), late), reply);
    await second.close();
  });

  it("knows revocations", async () => {
    await using folder = await DatabaseFolder.create();
    const now = Math.floor(Date.now() / 1000);
    const first = await folder.open();
    await first.revoke([
      revocation("sub a", now),
      { subject: "sub b", at: now - 60, until: now - 1 },
    ]);
    await first.close();
    const second = await folder.open();
    const told: unknown[] = [];
    second.followRevocations((records) => told.push(...records));
    assertEquals(told, [revocation("sub a", now)]);
    await second.close();
  });

  it("lets a client resume where it was, with recovered: true and without a gap", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await startGateway({ broker: await folder.open() });
    await publishAll(first, 1, 2, 3);
    const received: unknown[] = [];
    const before = await open(first, { from: "start" });
    for await (const { data, id } of before) {
      received.push(data);
      if (received.length < 2) continue;
      before.close();
      await first.close();
      await using second = await startGateway({ broker: await folder.open() });
      const gaps: unknown[] = [];
      const after = await open(second, {
        from: String(id),
        onGap: (gap) => gaps.push(gap),
      });
      await publishAll(second, 4);
      for await (const { data } of after) {
        received.push(data);
        if (received.length === 4) after.close();
      }
      assertEquals([received, gaps], [[1, 2, 3, 4], []]);
      return;
    }
  });

  it("ends a stream whose producer is gone when its lease is over, though nobody follows the channel", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await startGateway({ broker: await folder.open() });
    const produce = producerOf(first, "c", "lost");
    await produce("start");
    await produce("chunk");
    const { id } = await producerOf(first, "c", "done")("start");
    await producerOf(first, "c", "done")("end");
    assertNotEquals(id, undefined);
    await first.close();
    await using second = await startGateway({
      broker: await folder.open(),
      streamLease: "200ms",
    });
    await until(async () => endsOf(await logOf(second, "c")).length === 2);
    const [done, lost] = endsOf(await logOf(second, "c"));
    assertEquals(done, ["done", undefined]);
    assertEquals(
      JSON.stringify(lost).includes("producer_lost"),
      true,
      JSON.stringify(lost),
    );
  });

  it("lets a producer continue its stream", async () => {
    await using folder = await DatabaseFolder.create();
    const first = await startGateway({ broker: await folder.open() });
    await producerOf(first, "c", "s")("start");
    await producerOf(first, "c", "s")("chunk");
    await first.close();
    await using second = await startGateway({ broker: await folder.open() });
    await producerOf(second, "c", "s")("chunk");
    const { error } = await producerOf(second, "c", "s")("end");
    assertEquals(error, undefined);
    const log = await logOf(second, "c");
    assertEquals(log.map(({ kind }) => kind), [
      "datastream-start",
      "chunk",
      "chunk",
      "datastream-end",
    ]);
  });
});
