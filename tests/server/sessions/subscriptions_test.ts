import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { type Broker, MemoryBroker } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, publish, publishAll } from "../../support/wire/publish.ts";
import {
  claims,
  connectReady,
  connectWire,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

describe("sub", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Connects a client with one subscription, and waits for its `ready`. */
  async function subscribed(...topics: string[]): Promise<WireClient> {
    const token = await tokenFor(gateway, topics);
    return (await connectReady(gateway, { token })).client;
  }

  it("delivers all channels of a token", async () => {
    await using client = await subscribed("many-a/t", "many-b/t", "many-b/u");
    await publish(gateway, "many-a/t", 1);
    await publish(gateway, "many-b/u", 2);
    await publish(gateway, "many-b/v", "not granted");
    await publish(gateway, "many-b/t", 3);
    assertEquals(
      (await client.take(3)).map(({ channel, topic, data }) => [
        `${channel}/${topic}`,
        data,
      ]),
      [["many-a/t", 1], ["many-b/u", 2], ["many-b/t", 3]],
    );
  });

  it("adds the token's topics, and is answered by a ready with its ref", async () => {
    await using client = await subscribed("add-a/t");
    await client.subscribe(await tokenFor(gateway, ["add-b/t"]), "x");
    const { ref, channels } = await client.ready();
    assertEquals([ref, channels[0]?.channel], ["x", "add-b"]);
    await publish(gateway, "add-a/t", 1);
    await publish(gateway, "add-b/t", 2);
    assertEquals(await client.takeData(2), [1, 2]);
  });

  it("accepts the bare token as data, as Inngest's clients send it", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const data = await tokenFor(gateway, ["bare/t"]);
    await client.send({ kind: "sub", data });
    await client.ready();
    await publish(gateway, "bare/t", 1);
    assertEquals((await client.next()).data, 1);
  });

  it("adds topics to the connection of a plain client, too", async () => {
    const token = await tokenFor(gateway, ["plain-a/t"]);
    await using client = await connectWire(gateway, { token });
    const [first] = await publishAll(gateway, "plain-b/t", [1, 2]);
    await client.subscribe(
      await tokenFor(gateway, ["plain-b/t"]),
      undefined,
      first,
    );
    assertEquals((await client.next()).data, 2);
    await publish(gateway, "plain-a/t", 3);
    assertEquals((await client.next()).data, 3);
  });

  it("delivers messages once to two subscriptions of the same topic", async () => {
    await using client = await subscribed("shared/t");
    await client.subscribe(await tokenFor(gateway, ["shared/t"]), "2");
    await client.ready();
    await publishAll(gateway, "shared/t", [1, 2, 3]);
    assertEquals(await client.takeData(3), [1, 2, 3]);
  });

  it("with a since in the past replays a channel that is live, then goes on", async () => {
    await using client = await subscribed("replay/t");
    await publishAll(gateway, "replay/t", [1, 2, 3]);
    assertEquals(await client.takeData(3), [1, 2, 3]);
    const token = await tokenFor(gateway, ["replay/t"]);
    await client.subscribe(token, "2", "start");
    assertEquals((await client.ready()).ref, "2");
    assertEquals(await client.takeData(3), [1, 2, 3]);
    await publish(gateway, "replay/t", 4);
    assertEquals((await client.next()).data, 4);
  });

  it("replays only its own topics", async () => {
    await using client = await subscribed("part/a");
    await publish(gateway, "part/a", 1);
    await publish(gateway, "part/b", 2);
    assertEquals((await client.next()).data, 1);
    const token = await tokenFor(gateway, ["part/b"]);
    await client.subscribe(token, "2", "start");
    await client.ready();
    await publish(gateway, "part/a", 3);
    assertEquals(await client.takeData(2), [2, 3]);
  });

  it("with the same ref and other topics replaces the subscription", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.subscribe(await tokenFor(gateway, ["swap/a"]), "1");
    await client.ready();
    await client.subscribe(await tokenFor(gateway, ["swap/b"]), "1");
    await client.ready();
    await publish(gateway, "swap/a", "old");
    await publish(gateway, "swap/b", "new");
    assertEquals((await client.next()).data, "new");
  });

  it("with the same ref and a since starts again there", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["anew/t"]);
    const [first] = await publishAll(gateway, "anew/t", [1, 2, 3]);
    await client.subscribe(token, "1", first);
    await client.ready();
    assertEquals(await client.takeData(2), [2, 3]);
    await client.subscribe(token, "1", "last:1");
    await client.ready();
    assertEquals((await client.next()).data, 3);
  });

  it("with a newer token for the same topics goes on without a gap or a repetition", async () => {
    await using client = await subscribed("renew/t");
    await publish(gateway, "renew/t", 1);
    const newer = await tokenFor(gateway, ["renew/t"]);
    await client.send({ kind: "sub", data: newer });
    await publish(gateway, "renew/t", 2);
    const frames = await client.take(3);
    assertEquals(
      frames.filter(({ kind }) => kind === "data").map(({ data }) => data),
      [1, 2],
    );
    assertEquals(frames.filter(({ kind }) => kind === "ready").length, 1);
  });

  it("with a refused token is answered by an error, and other subscriptions go on", async () => {
    await using client = await subscribed("refused/t");
    await client.subscribe("garbage", "2");
    assertEquals(await client.error(), { ref: "2", code: "invalid_token" });
    await publish(gateway, "refused/t", 1);
    assertEquals((await client.next()).data, 1);
  });

  it("with a refused token and no ref closes the connection", async () => {
    await using client = await subscribed("closed/t");
    await client.subscribe("garbage");
    assertEquals((await client.error()).code, "invalid_token");
    assertEquals((await client.closed).code, 4401);
  });

  it("is answered in the order of the frames", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["order/t"]);
    for (const ref of ["1", "2", "3", "4"]) {
      void client.subscribe(ref === "3" ? "garbage" : token, ref);
    }
    assertEquals(
      (await client.take(4)).map(({ kind, ref }) => [kind, ref]),
      [["ready", "1"], ["ready", "2"], ["error", "3"], ["ready", "4"]],
    );
  });

  it("replays many long logs to a client that reads", async () => {
    const channels = Array.from({ length: 24 }, (_, i) => `long-${i}`);
    const data = "x".repeat(64 * 1024);
    for (const channel of channels) {
      await batch(
        gateway,
        Array.from({ length: 8 }, () => ({ channel, topic: "t", data })),
      );
    }
    const token = await tokenFor(
      gateway,
      channels.map((channel) => `${channel}/t`),
    );
    const { client } = await connectReady(gateway, { token, since: "start" });
    await using _ = client;
    const counts = new Map<string, number>();
    for (const { channel, id } of await client.take(24 * 8)) {
      const count = (counts.get(channel) ?? 0) + 1;
      assertEquals(id.slice(9), String(count));
      counts.set(channel, count);
    }
    assertEquals([...counts.values()], channels.map(() => 8));
  });
});

describe("unsub", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  it("with a ref ends that subscription, but not the topics of others", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.subscribe(await tokenFor(gateway, ["ref/a", "ref/b"]), "1");
    await client.subscribe(await tokenFor(gateway, ["ref/b", "ref/c"]), "2");
    await client.ready();
    await client.ready();
    await client.send({ kind: "unsub", ref: "1" });
    await client.send({ kind: "?", ref: "done" });
    assertEquals((await client.error()).ref, "done");
    await publish(gateway, "ref/a", "gone");
    await publish(gateway, "ref/b", "kept");
    await publish(gateway, "ref/c", "kept too");
    assertEquals(await client.takeData(2), ["kept", "kept too"]);
  });

  it("with topics ends their delivery in every subscription", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await client.subscribe(await tokenFor(gateway, ["of/a", "of/b"]), "1");
    await client.subscribe(await tokenFor(gateway, ["of/b", "other/t"]), "2");
    await client.ready();
    await client.ready();
    const data = claims(["of/b", "other/t", "unknown/t"]);
    await client.send({ kind: "unsub", data });
    await client.send({ kind: "?", ref: "done" });
    assertEquals((await client.error()).ref, "done");
    await publish(gateway, "of/b", "gone");
    await publish(gateway, "other/t", "gone");
    await publish(gateway, "of/a", "kept");
    assertEquals((await client.next()).data, "kept");
  });

  it("works for a plain client", async () => {
    const token = await tokenFor(gateway, ["plain/a", "plain/b"]);
    await using client = await connectWire(gateway, { token });
    await publish(gateway, "plain/a", 1);
    assertEquals((await client.next()).data, 1);
    await client.send({ kind: "unsub", data: claims(["plain/a"]) });
    await client.subscribe(await tokenFor(gateway, ["plain/c"]), "", "start");
    await publish(gateway, "plain/c", 2);
    assertEquals((await client.next()).data, 2);
    await publish(gateway, "plain/a", "gone");
    await publish(gateway, "plain/b", 3);
    assertEquals((await client.next()).data, 3);
  });

  it("does not overtake an earlier sub", async () => {
    await using client = await connectWire(gateway, { v1: true });
    void client.subscribe(await tokenFor(gateway, ["quick/a"]), "1");
    void client.send({ kind: "unsub", ref: "1" });
    void client.subscribe(await tokenFor(gateway, ["quick/b"]), "2");
    assertEquals((await client.ready()).ref, "1");
    assertEquals((await client.ready()).ref, "2");
    await publish(gateway, "quick/a", "gone");
    await publish(gateway, "quick/b", "kept");
    assertEquals((await client.next()).data, "kept");
  });

  it("allows a new subscription of the same topic", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["again/t"]);
    for (const data of [1, 2, 3]) {
      await client.subscribe(token, "1");
      await client.ready();
      await publish(gateway, "again/t", data);
      assertEquals((await client.next()).data, data);
      await client.send({ kind: "unsub", ref: "1" });
    }
  });
});

describe("a sub that fails at the broker", () => {
  it("is answered by an error, grants nothing, and can be sent again", async () => {
    const memory = new MemoryBroker();
    let failures = 1;
    const broker: Broker = Object.assign(memory, {
      subscribe: (...args: Parameters<Broker["subscribe"]>) =>
        args[0] === "c" && failures-- > 0
          ? Promise.reject(new Error("no connection"))
          : MemoryBroker.prototype.subscribe.apply(memory, args),
    });
    await using gateway = await startGateway({ broker });
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["c/t"], { publish: true });
    await client.subscribe(token, "1");
    assertEquals(await client.error(), { ref: "1", code: "internal" });
    await client.send({
      kind: "publish",
      ref: "p",
      channel: "c",
      topic: "t",
      data: 1,
    });
    assertEquals(await client.error(), { ref: "p", code: "forbidden" });
    await client.subscribe(token, "1");
    await client.ready();
    await publish(gateway, "c/t", 2);
    assertEquals((await client.next()).data, 2);
  });
});

describe("a data stream that ends while a subscription starts", () => {
  it("is delivered from its start to its end", async () => {
    const memory = new MemoryBroker();
    const held = Promise.withResolvers<void>();
    const asked = Promise.withResolvers<void>();
    const broker: Broker = Object.assign(memory, {
      async subscribe(...args: Parameters<Broker["subscribe"]>) {
        if (args[0] === "slow") {
          asked.resolve();
          await held.promise;
        }
        return MemoryBroker.prototype.subscribe.apply(memory, args);
      },
    });
    await using gateway = await startGateway({ broker });
    function send(kind: string, data: string): Promise<unknown> {
      const line = { channel: "c", topic: "t", stream_id: "s", kind, data };
      return batch(gateway, [line]);
    }
    await send("datastream-start", "s");
    await send("chunk", "a");
    const token = await tokenFor(gateway, ["c/t", "slow/t"]);
    await using client = await connectWire(gateway, { token, v1: true });
    await asked.promise;
    await send("chunk", "b");
    await send("datastream-end", "s");
    held.resolve();
    await client.ready();
    assertEquals(await client.takeData(3), ["s", "ab", "s"]);
  });
});
