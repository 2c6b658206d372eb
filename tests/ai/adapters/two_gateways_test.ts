import { assertEquals, assertRejects } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import type { Event } from "@mastra/core/events";
import { EventType, type StreamChunk } from "@tanstack/ai";
import { createResumableStreamStore } from "../../../ai/adapters/assistant_ui.ts";
import { RealtimePubSub } from "../../../ai/adapters/mastra.ts";
import { realtimeStream } from "../../../ai/adapters/tanstack_ai.ts";
import { RedisBroker } from "../../../server/brokers/redis.ts";
import { type RedisServer, startRedis } from "../../support/brokers/redis.ts";
import { appOf } from "../../support/client/client.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { redisPath } from "../../support/requirements.ts";
import { until } from "../../support/until.ts";

const withRedis = redisPath() === undefined ? describe.skip : describe;

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

withRedis("The adapters at two gateways on one Redis", () => {
  let redis: RedisServer;
  let a: TestGateway;
  let b: TestGateway;

  beforeAll(async () => {
    redis = await startRedis();
    [a, b] = await Promise.all([join(), join()]);
  });
  afterAll(async () => {
    await Promise.all([a.close(), b.close()]);
    await redis.kill();
  });

  function join(): Promise<TestGateway> {
    return startGateway({ broker: new RedisBroker({ url: redis.url }) });
  }

  /** Makes the store of a process that uses one of the gateways. */
  function storeAt(gateway: TestGateway) {
    return createResumableStreamStore(appOf(gateway));
  }

  it("elect one producer of a stream of assistant-ui", async () => {
    const stores = [storeAt(a), storeAt(b), storeAt(a), storeAt(b)];
    for (let round = 0; round < 10; round++) {
      const id = `election ${round}`;
      const roles = await Promise.all(stores.map((store) => store.acquire(id)));
      assertEquals(roles.toSorted(), [
        ...["consumer", "consumer", "consumer", "producer"],
      ]);
      const ends = await Promise.all(
        stores.map((store) => store.finalize(id, "done")),
      );
      assertEquals(ends.filter((hasEnded) => hasEnded).length, 1);
    }
  });

  it("read, delete and begin a stream of assistant-ui again", async () => {
    const [here, there] = [storeAt(a), storeAt(b)];
    await here.acquire("a");
    await here.append("a", bytes("half an ans"));
    const signal = new AbortController().signal;
    let text = "";
    const reading = (async () => {
      for await (const { chunk } of there.read("a", "", signal)) {
        text += new TextDecoder().decode(chunk);
      }
    })();
    await until(() => text === "half an ans");
    await there.delete("a");
    await reading;
    await assertRejects(
      async () => {
        for (;;) await here.append("a", bytes("wer"));
      },
      Error,
      "Stream not found",
    );
    assertEquals(await there.acquire("a"), "producer");
    assertEquals(await here.finalize("a", "done"), false);
    assertEquals(await here.status("a"), "streaming");
    assertEquals(await there.finalize("a", "done"), true);
    assertEquals(await here.status("a"), "done");
  });

  it("read a run of TanStack AI and the events of Mastra", async () => {
    const [here, there] = [appOf(a), appOf(b)];
    const run = realtimeStream(here, { runId: "run" });
    const chunk: StreamChunk = {
      type: EventType.TEXT_MESSAGE_CONTENT,
      messageId: "m",
      delta: "x",
      timestamp: 1,
    };
    const [offset = ""] = await run.append([chunk, chunk]);
    await run.close();
    const read = realtimeStream(there, { runId: "run" }).read(offset);
    assertEquals((await Array.fromAsync(read)).length, 1);

    const events: Event[] = [];
    const listen = (event: Event): void => {
      events.push(event);
    };
    const pubsub = new RealtimePubSub(there);
    await pubsub.subscribe("topic", listen);
    const event = { type: "told", runId: "run", data: "x" };
    await new RealtimePubSub(here).publish("topic", event);
    await until(() => events.length === 1);
    await pubsub.unsubscribe("topic", listen);
    assertEquals([events[0]?.data, events[0]?.index], ["x", 0]);
  });
});
