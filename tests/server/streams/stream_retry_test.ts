import { assertEquals, assertMatch } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { createRealtime } from "../../../core/app/create_realtime.ts";
import type { Publication } from "../../../core/types/realtime.ts";
import { MemoryBroker } from "../../../server/brokers/memory.ts";
import { shareBroker } from "../../support/brokers/shared_broker.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { until } from "../../support/until.ts";
import { logOf } from "../../support/wire/streams.ts";

/** Publishes a stream of one chunk with a key. */
function publish(
  gateway: TestGateway,
  channel: string,
  keyTtl: number,
): Promise<Publication> {
  const data = async function* () {
    yield await Promise.resolve("hi");
  };
  return createRealtime(gateway).publish(
    { channel, topic: "ai", data },
    { key: "k", keyTtl },
  );
}

describe("A stream that is published again with its key", () => {
  it("is recognized for the time that its publisher asks for", async () => {
    const now = Date.now;
    let ms = 0;
    Date.now = () => now() + ms;
    const broker = new MemoryBroker({ historyTtl: 3600, now: () => ms });
    const gateway = await startGateway({ broker });
    try {
      const first = await publish(gateway, "c", 600);
      ms = 599_000;
      assertEquals(await publish(gateway, "c", 600), first);
      assertEquals((await logOf(gateway, "c")).length, 3);
      ms = 601_000;
      const { streamId } = await publish(gateway, "c", 600);
      assertMatch(String(streamId), /~2$/);
      assertEquals((await logOf(gateway, "c")).length, 6);
    } finally {
      Date.now = now;
      await gateway.close();
    }
  });

  it("begins as another stream where its channel's log was forgotten", async () => {
    let ms = 0;
    const broker = new MemoryBroker({ now: () => ms });
    const share = shareBroker(broker);
    const a = await startGateway({ broker: share() });
    const b = await startGateway({ broker: share() });
    try {
      await publish(a, "c", 3600);
      const { epoch } = await broker.read("c", 0, 1, 1);
      ms = 400_000;
      await until(async () =>
        (await broker.read("c", 0, 1, 1)).epoch !== epoch
      );
      const { streamId } = await publish(b, "c", 3600);
      assertMatch(String(streamId), /~2$/);
      assertEquals(
        (await logOf(b, "c")).map(({ kind }) => kind),
        ["datastream-start", "chunk", "datastream-end"],
      );
    } finally {
      await Promise.all([a.close(), b.close()]);
      await broker.close();
    }
  });
});
