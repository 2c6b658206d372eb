import { assertEquals } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, postJson } from "../../support/wire/publish.ts";
import {
  claims,
  connectReady,
  connectWire,
  type Frame,
  tokenFor,
  type WireClient,
} from "../../support/wire/websocket.ts";

describe("a client's publish frame", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  async function connect(
    topics: string[],
    publish: true | string[] | undefined,
  ): Promise<WireClient> {
    const token = await tokenFor(
      gateway,
      topics,
      publish === undefined
        ? {}
        : { publish: publish === true ? true : claims(publish) },
    );
    return (await connectReady(gateway, { token })).client;
  }

  function send(
    client: WireClient,
    topic: string,
    data: unknown,
    rest: object = {},
  ): Promise<void> {
    const [{ channel, name } = { channel: "", name: "" }] = claims([topic]);
    return client.send({
      kind: "publish",
      channel,
      topic: name,
      data,
      ...rest,
    });
  }

  /** Returns the ack and the message, in whichever order they arrive. */
  async function takeBoth(client: WireClient): Promise<[Frame, Frame]> {
    const [one, other] = await client.take(2) as [Frame, Frame];
    return one.kind === "ack" ? [one, other] : [other, one];
  }

  it("is published, and acknowledged with the message's id", async () => {
    await using client = await connect(["mine/t"], true);
    await send(client, "mine/t", { a: [1] }, { ref: "7" });
    const [ack, message] = await takeBoth(client);
    assertEquals(
      ack,
      { kind: "ack", ref: "7", data: { id: message.id } } as Frame,
    );
    const { id: _id, created_at: _at, ...rest } = message;
    assertEquals(rest as object, {
      kind: "data",
      channel: "mine",
      topic: "t",
      data: { a: [1] },
    });
  });

  it("can publish to another channel than the subscribed one, where the token grants it", async () => {
    await using reader = await connect(["granted/t"], undefined);
    await using writer = await connect(["elsewhere/t"], ["granted/t"]);
    await send(writer, "granted/t", null);
    assertEquals((await reader.next()).data, null);
  });

  it("is refused where the token doesn't grant it, and the connection stays open", async () => {
    await using none = await connect(["no/t"], undefined);
    await using some = await connect(["no/t"], ["no/t"]);
    await send(none, "no/t", 1, { ref: "1" });
    await send(some, "no/u", 1, { ref: "2" });
    await send(some, "yes/t", 1, { ref: "3" });
    assertEquals(await none.error(), { ref: "1", code: "forbidden" });
    assertEquals(await some.error(), { ref: "2", code: "forbidden" });
    assertEquals(await some.error(), { ref: "3", code: "forbidden" });
    await send(some, "no/t", 2);
    assertEquals((await none.next()).data, 2);
  });

  it("is refused before the client has sent a token", async () => {
    await using client = await connectWire(gateway, { v1: true });
    await send(client, "c/t", 1, { ref: "1" });
    assertEquals(await client.error(), { ref: "1", code: "forbidden" });
  });

  it("is refused after its subscription has ended", async () => {
    await using client = await connectWire(gateway, { v1: true });
    const token = await tokenFor(gateway, ["while/t"], { publish: true });
    await client.subscribe(token, "s");
    await client.ready();
    await client.send({ kind: "unsub", ref: "s" });
    await send(client, "while/t", 1, { ref: "1" });
    assertEquals(await client.error(), { ref: "1", code: "forbidden" });
  });

  it("with a known idempotency key publishes nothing and is acknowledged with the first id", async () => {
    await using client = await connect(["key/t"], true);
    await send(client, "key/t", 1, { ref: "1", key: "k" });
    const [first, message] = await takeBoth(client);
    await send(client, "key/t", 2, { ref: "2", key: "k" });
    const again = await client.next();
    assertEquals([again.kind, again.ref], ["ack", "2"]);
    assertEquals(again.data, first.data);
    assertEquals(first.data, { id: message.id });
  });

  it("may ask that its idempotency key is remembered for up to 2 minutes", async () => {
    await using client = await connect(["ttl/t"], true);
    await send(client, "ttl/t", 1, { ref: "1", key: "k", key_ttl: 120 });
    const [first] = await takeBoth(client);
    await send(client, "ttl/t", 2, { ref: "2", key: "k", key_ttl: 1 });
    assertEquals((await client.next()).data, first.data);
    for (
      const [ref, key_ttl, code] of [
        ["3", 121, "forbidden"],
        ["4", 0, "invalid_argument"],
        ["5", 1.5, "invalid_argument"],
        ["6", "60", "invalid_argument"],
        ["7", 86_401, "invalid_argument"],
      ] as const
    ) {
      await send(client, "ttl/t", 3, { ref, key: `k${ref}`, key_ttl });
      assertEquals(await client.error(), { ref, code });
    }
  });

  it("is published without a ref, too", async () => {
    await using client = await connect(["silent/t"], true);
    await send(client, "silent/t", 1);
    await send(client, "silent/t", 2);
    assertEquals(await client.takeData(2), [1, 2]);
  });

  it("is published in the order of the frames", async () => {
    await using client = await connect(["order/t"], true);
    const data = Array.from({ length: 90 }, (_, i) => i);
    for (const one of data) void send(client, "order/t", one);
    assertEquals(await client.takeData(90), data);
  });

  it("is checked like every other message", async () => {
    await using client = await connect(["check/t"], true);
    const checks = [
      ["/t", 1, {}, "invalid_name"],
      ["check/", 1, {}, "invalid_name"],
      ["check/t\n", 1, {}, "invalid_name"],
      ["check/t", 1, { key: "" }, "invalid_argument"],
      ["check/t", undefined, {}, "invalid_argument"],
    ] as const;
    for (const [topic, data, rest, code] of checks) {
      await send(client, topic, data, { ref: "1", ...rest });
      assertEquals(await client.error(), { ref: "1", code });
    }
  });

  it("keeps members such as __proto__ in its data", async () => {
    await using client = await connect(["proto/t"], true);
    await client.socket.send(
      '{"kind":"publish","channel":"proto","topic":"t","data":{"__proto__":{"a":1},"constructor":2}}',
    );
    const text = await client.nextText();
    assertEquals(
      text.includes('"data":{"__proto__":{"a":1},"constructor":2}'),
      true,
    );
  });
});

describe("The kinds that tell of runs", () => {
  const kinds = ["run", "step", "event"];
  const query = { kind: "run", run_id: "01JNGVNB7BJVRCZWTBF8G73BPJ" };
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  function lines(fields: object = {}): object[] {
    const data = { status: "completed", result: "FORGED" };
    const address = { channel: "app", topic: "t" };
    return kinds.map((kind) => ({ ...address, data, kind, ...fields }));
  }

  it("are refused from a token, whichever way it publishes", async () => {
    const bearer = await tokenFor(gateway, ["app/t", "app/$stream"], {
      publish: true,
    });
    const { client } = await connectReady(gateway, { token: bearer });
    const { run_id } = query;
    for (const fields of [{}, { run_id }, { stream_id: "s" }]) {
      const answers = await batch(gateway, lines(fields), bearer);
      assertEquals(
        answers.map(({ error }) => [error?.code, error?.message]),
        kinds.map((kind) => [
          "forbidden",
          `Cannot publish to "app": a token can't publish the kind "${kind}"`,
        ]),
      );
    }
    // The other ways have no kind of their own: their messages are data, or chunks of a stream.
    const address = { channel: "app", query, body: "{}", bearer };
    const headers = { "content-type": "text/stream" };
    await postJson(gateway, { ...address, topic: "t" });
    await postJson(gateway, { ...address, topic: "t", headers });
    await postJson(gateway, { ...address, route: "publish/tee" });
    const frame = { ref: "1", channel: "app", topic: "t", data: {} };
    await client.send({ ...frame, kind: "run" });
    await client.send({ ...frame, kind: "publish", message_kind: "run" });
    const seen = await client.take(8) as Frame[];
    assertEquals(seen.map(({ kind }) => `${kind}`).sort(), [
      ...["ack", "chunk", "chunk", "data", "data"],
      ...["datastream-end", "datastream-start", "error"],
    ]);
    await client.close();
  });

  it("are published with the signing key", async () => {
    const { client } = await connectReady(gateway, {
      token: await tokenFor(gateway, ["app/t"]),
    });
    await batch(gateway, lines());
    const taken = await client.take(3) as Frame[];
    assertEquals(taken.map(({ kind }) => kind as string), kinds);
    await client.close();
  });
});
