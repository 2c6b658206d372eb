import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { topic } from "../../../core/channel/topic.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import type { Untyped } from "../../../core/types/realtime.ts";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import {
  type AnySubscription,
  appOf,
  open,
  signal,
} from "../../support/client/client.ts";
import { startGateway } from "../../support/gateway/gateway.ts";
import { batch } from "../../support/wire/publish.ts";
import type { Target } from "../../support/wire/websocket.ts";

const PIECES = Array.from({ length: 12 }, (_, i) => `${i} `);

/** Publishes a stream to topic `t` of channel `c`, and returns the ids of its messages. */
async function publishStream(gateway: Target): Promise<string[]> {
  const line = { channel: "c", topic: "t", stream_id: "s" };
  const answers = await batch(gateway, [
    { ...line, kind: "datastream-start", data: "s" },
    ...PIECES.map((data) => ({ ...line, kind: "chunk", data })),
    { ...line, kind: "datastream-end", data: "s" },
  ]);
  return answers.map(({ id = "" }) => id);
}

/** A broker that reads pages of the log only when the test lets it. */
function heldBroker(): { broker: Broker; letGo: () => void } {
  const memory = new MemoryBroker();
  const read = memory.read.bind(memory);
  const gate = signal();
  const broker = Object.assign(memory, {
    async read(...args: Parameters<Broker["read"]>) {
      const [, , limit] = args;
      // Where a subscription starts is found by a read of one message.
      if (limit > 1) await gate.promise;
      return await read(...args);
    },
  });
  return { broker, letGo: gate.resolve };
}

/** Reads messages up to the end of a stream; returns the text, and how many chunks it came in. */
async function readStream(
  stream: ReadableStream<Untyped>,
): Promise<{ text: string; chunks: number }> {
  let text = "";
  let chunks = 0;
  const reader = stream.getReader();
  for (;;) {
    const { value } = await reader.read();
    if (value?.kind === "datastream-end") break;
    if (value?.kind !== "chunk") continue;
    text += value.data;
    chunks++;
  }
  reader.releaseLock();
  return { text, chunks };
}

async function textOf(stream: ReadableStream<Untyped>): Promise<string> {
  return (await readStream(stream)).text;
}

describe("Joined chunks", () => {
  for (const transport of ["websocket", "sse"] as const) {
    it(`reach each of several subscriptions from its own position by ${transport}`, async () => {
      const { broker, letGo } = heldBroker();
      await using gateway = await startGateway({ broker });
      const ids = await publishStream(gateway);
      const places = [6, 3, 0, 9, 12, 1];
      const subscriptions: AnySubscription[] = [];
      for (const place of places) {
        const from = ids[place] ?? "";
        subscriptions.push(await open(gateway, { from, transport }));
      }
      const all = await open(gateway, { from: "start", transport });
      const forks = [subscriptions[1], all].map((one) => one?.getJsonStream());
      const reading = Promise.all(
        [...subscriptions, all, ...forks].map((one) => one && textOf(one)),
      );
      letGo();
      assertEquals(
        await reading,
        [...places, 0, 3, 0].map((place) => PIECES.slice(place).join("")),
      );
      await Promise.all([...subscriptions, all].map((one) => one.close()));
    });

    it(`reach a late subscription as one by ${transport}`, async () => {
      await using gateway = await startGateway();
      await publishStream(gateway);
      await using late = await open(gateway, { from: "start", transport });
      assertEquals(await readStream(late.getJsonStream()), {
        text: PIECES.join(""),
        chunks: 1,
      });
    });
  }

  it("leave the pieces of a topic with a schema as they are", async () => {
    await using gateway = await startGateway();
    const lights = channel("c")
      .addTopic(topic("t").schema(z.enum(["red", "green"])))();
    const app = appOf(gateway);
    const colors = ["red", "green", "red"] as const;
    async function* source() {
      yield* colors;
    }
    await app.publish(lights.t(source()));
    const errors: unknown[] = [];
    await using late = await subscribe(
      { app, channel: lights, topics: ["t"] },
      { from: "start", onError: (error) => errors.push(error) },
    );
    const got: unknown[] = [];
    for await (const message of late) {
      if (message.kind === "datastream-end") break;
      if (message.kind === "chunk") got.push(message.data);
    }
    assertEquals([got, errors], [[...colors], []]);
  });
});
