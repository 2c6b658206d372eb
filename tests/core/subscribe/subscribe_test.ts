import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import type { RealtimeError } from "../../../core/protocol/errors.ts";
import { createSseDecoder } from "../../../core/subscribe/sse_decoder.ts";
import { subscribe } from "../../../core/subscribe/subscribe.ts";
import { topic } from "../../../core/channel/topic.ts";
import {
  appOf,
  open,
  publishAll,
  readAll,
  signal,
  take,
  takeData,
} from "../../support/client/client.ts";
import { Inbox } from "../../support/client/fake_gateway.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startGateway();
});

afterAll(async () => {
  await gateway.close();
});

for (const transport of ["websocket", "sse"] as const) {
  describe(`subscribe() by ${transport}`, () => {
    it("misses nothing that is published after it resolved", async () => {
      await using subscription = await open(gateway, { transport });
      await publishAll(gateway, 1, 2, 3);
      assertEquals(await takeData(subscription, 3), [1, 2, 3]);
    });

    it("delivers messages with all of their fields", async () => {
      await using subscription = await open(gateway, { transport });
      const { id } = await appOf(gateway).publish({
        channel: "c",
        topic: "t",
        data: { n: 1 },
      }, { runId: "01HZX3Q5M9S8V7W6X5Y4Z3T2R1", metadata: { a: 1 } });
      const [message] = await take(subscription, 1);
      const { createdAt, ...rest } = message;
      assertInstanceOf(createdAt, Date);
      assertEquals(rest, {
        kind: "data",
        channel: "c",
        topic: "t",
        data: { n: 1 },
        id,
        runId: "01HZX3Q5M9S8V7W6X5Y4Z3T2R1",
        metadata: { a: 1 },
      });
    });

    it("can be iterated, and is closed when the loop ends", async () => {
      const states: string[] = [];
      const subscription = await open(gateway, {
        transport,
        onState: (state) => states.push(state),
      });
      await publishAll(gateway, "a", "b");
      const seen: unknown[] = [];
      for await (const { data } of subscription) {
        seen.push(data);
        if (data === "b") break;
      }
      assertEquals(seen, ["a", "b"]);
      assertEquals(states.at(-1), "closed");
      assertEquals(await readAll(subscription.getJsonStream()), []);
    });

    it("ends its iterator cleanly when it is closed", async () => {
      const subscription = await open(gateway, { transport });
      const done = readAll(subscription);
      await subscription.close();
      assertEquals(await done, []);
    });

    it("starts at the position of `from`", async () => {
      const ids = await publishAll(gateway, "x", "y", "z");
      for (
        const [from, expected] of [
          [{ last: 2 }, ["y", "z"]],
          [ids[1], ["z"]],
          [ids[0], ["y", "z"]],
        ] as const
      ) {
        await using subscription = await open(gateway, { transport, from });
        assertEquals<unknown>(
          await takeData(subscription, expected.length),
          expected,
        );
      }
      await using subscription = await open(gateway, {
        transport,
        from: "start",
      });
      assert((await takeData(subscription, 4)).length === 4);
    });

    it("starts at the position of its token if there is no `from`", async () => {
      await publishAll(gateway, "u", "v", "w");
      const token = await appOf(gateway).token({
        channel: "c",
        topics: ["t"],
        from: { last: 2 },
      });
      await using one = await subscribe(token, { transport });
      assertEquals(await takeData(one, 2), ["v", "w"]);
      const from = { last: 1 };
      await using other = await subscribe(token, { transport, from });
      assertEquals(await takeData(other, 1), ["w"]);
    });

    it("is a stream, and provides further streams", async () => {
      await using subscription = await open(gateway, { transport });
      const json = subscription.getJsonStream();
      const encoded = subscription.getEncodedStream();
      const [id] = await publishAll(gateway, "line\nbreak");
      assertEquals(await takeData(json, 1), ["line\nbreak"]);
      const [event] = (await take(encoded, 1)).flatMap(createSseDecoder());
      assertEquals(JSON.parse(event ?? "").data, "line\nbreak");
      assertEquals(JSON.parse(event ?? "").id, id);
      assertEquals(await takeData(subscription, 1), ["line\nbreak"]);
    });
  });
}

describe("subscribe()", () => {
  it("calls `onMessage` with one message after the other", async () => {
    const done = signal();
    const log: string[] = [];
    await using _subscription = await subscribe(
      { app: appOf(gateway), channel: "c", topics: ["t"] },
      async ({ data }) => {
        log.push(`begin ${data}`);
        await Promise.resolve();
        log.push(`end ${data}`);
        if (data === 2) done.resolve();
      },
    );
    await publishAll(gateway, 1, 2);
    await done.promise;
    assertEquals(log, ["begin 1", "end 1", "begin 2", "end 2"]);
  });

  it("delivers the messages of `onMessage` to its stream too", async () => {
    const done = signal();
    await using subscription = await open(gateway, {
      onMessage: ({ data }) => {
        if (data === 2) done.resolve();
      },
    });
    await publishAll(gateway, 1, 2);
    await done.promise;
    assertEquals(await takeData(subscription, 2), [1, 2]);
  });

  it("reports an error of `onMessage`, and continues", async () => {
    const errors: unknown[] = [];
    const done = signal();
    await using _subscription = await open(gateway, {
      onMessage: ({ data }) => {
        if (data === 1) throw new Error("Mine");
        done.resolve();
      },
      onError: (error) => errors.push(error),
    });
    await publishAll(gateway, 1, 2);
    await done.promise;
    assertEquals(errors.map(String), ["Error: Mine"]);
  });

  it("starts a further stream at the position of the first", async () => {
    await using subscription = await open(gateway);
    await publishAll(gateway, 1, 2);
    assertEquals(await takeData(subscription.getJsonStream(), 2), [1, 2]);
    const iterator = subscription[Symbol.asyncIterator]();
    await iterator.next();
    await iterator.next();
    const later = subscription.getJsonStream();
    await publishAll(gateway, 3);
    assertEquals(await takeData(later, 1), [3]);
  });

  it("closes when the last stream with a reader is cancelled", async () => {
    const closed = signal();
    const subscription = await open(gateway, {
      onState: (state) => {
        if (state === "closed") closed.resolve();
      },
    });
    const encoded = subscription.getEncodedStream();
    await publishAll(gateway, 1);
    await take(encoded, 1);
    await encoded.cancel();
    await closed.promise;
    assertEquals(await takeData(subscription, 2), [1]);
  });

  it("reports its states", async () => {
    const states: string[] = [];
    const subscription = await open(gateway, {
      onState: (state) => states.push(state),
    });
    await subscription.close();
    assertEquals(states, ["connecting", "open", "closed"]);
  });

  it("rejects if its signal has already aborted", async () => {
    const reason = new Error("Gone");
    const error = await assertRejects(() =>
      open(gateway, { signal: AbortSignal.abort(reason) })
    );
    assertStrictEquals(error, reason);
  });

  it("closes when its signal aborts", async () => {
    const controller = new AbortController();
    const subscription = await open(gateway, { signal: controller.signal });
    const done = readAll(subscription);
    controller.abort();
    assertEquals(await done, []);
    await subscription.close();
  });

  it("is disposable, and can be closed again", async () => {
    const subscription = await open(gateway);
    await subscription[Symbol.asyncDispose]();
    await subscription.unsubscribe();
    await subscription.close();
  });
});

describe("subscribe() with schemas", () => {
  const numbers = channel("c").addTopic(
    topic("t").schema(z.number().transform((n) => `#${n}`)),
  );

  it("delivers the output of the schema", async () => {
    await using subscription = await subscribe({
      app: appOf(gateway),
      channel: numbers(),
      topics: ["t"],
    });
    await publishAll(gateway, 1);
    assertEquals(await takeData(subscription, 1), ["#1"]);
  });

  it("skips invalid messages, and reports them", async () => {
    const errors: RealtimeError[] = [];
    await using subscription = await subscribe(
      { app: appOf(gateway), channel: numbers(), topics: ["t"] },
      { onError: (error) => errors.push(error) },
    );
    await publishAll(gateway, 1, "two", 3);
    assertEquals(await takeData(subscription, 2), ["#1", "#3"]);
    assertEquals(errors.map(({ code }) => code), ["invalid_data"]);
    assertEquals(errors[0]?.issues.length, 1);
  });

  it("delivers the data as they are with `validate: false`", async () => {
    await using subscription = await subscribe(
      { app: appOf(gateway), channel: numbers(), topics: ["t"] },
      { validate: false },
    );
    await publishAll(gateway, 1);
    assertEquals(await takeData(subscription, 1), [1]);
  });

  it("keeps the order with asynchronous schemas", async () => {
    const pending = new Inbox<() => void>();
    const slow = channel("c").addTopic(
      topic("t").schema({
        "~standard": {
          version: 1,
          vendor: "test",
          async validate(value) {
            if (Number(value) % 2 === 1) {
              await new Promise<void>((resolve) => pending.add(resolve));
            }
            return { value };
          },
        },
      }),
    );
    await using subscription = await subscribe({
      app: appOf(gateway),
      channel: slow(),
      topics: ["t"],
    });
    await using others = await open(gateway);
    await publishAll(gateway, 1, 2, 3, 4);
    // All messages have arrived, because another subscription of the same connection has received its own.
    await take(others, 4);
    const taken = takeData(subscription, 4);
    (await pending.next())();
    (await pending.next())();
    assertEquals(await taken, [1, 2, 3, 4]);
  });
});
