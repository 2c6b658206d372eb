import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { MemoryBroker } from "../../../server/mod.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { type Answer, batch, postJson } from "../../support/wire/publish.ts";
import {
  address,
  claims,
  connectReady,
  tokenFor,
} from "../../support/wire/websocket.ts";

describe("a reply", () => {
  let gateway: TestGateway;
  let now = 0;
  beforeAll(async () => {
    // Idempotency keys expire long before messages do.
    const broker = new MemoryBroker({ keyTtl: "10ms", now: () => now });
    gateway = await startGateway({ broker });
  });
  afterAll(() => gateway.close());

  async function ask(channel: string): Promise<string> {
    const { status, id } = await postJson(gateway, {
      channel,
      topic: "q",
      query: { reply_topic: "a" },
      body: '"Go?"',
    });
    assertEquals(status, 200);
    return id;
  }

  function reply(
    channel: string,
    question: string,
    body: string,
    key?: string,
    topic: string | string[] = "a",
  ): Promise<Answer> {
    return postJson(gateway, {
      channel,
      topic,
      query: { reply_to: question },
      body,
      ...key === undefined ? {} : { headers: { "idempotency-key": key } },
    });
  }

  async function history(channel: string): Promise<Record<string, unknown>[]> {
    const response = await fetch(address(gateway, "history", { channel }), {
      headers: { authorization: `Bearer ${gateway.signingKey}` },
    });
    const { messages } = await response.json();
    return messages.map(
      ({ topic, data, reply_to, reply_topic, reply_key }: Record<
        string,
        unknown
      >) => ({ topic, data, reply_to, reply_topic, reply_key }),
    );
  }

  it("carries the id of the message that it replies to, which carries the reply topic", async () => {
    const question = await ask("says");
    const { status } = await reply("says", question, "1", "k");
    assertEquals(status, 200);
    const none = undefined;
    assertEquals(await history("says"), [
      {
        topic: "q",
        data: "Go?",
        reply_to: none,
        reply_topic: "a",
        reply_key: none,
      },
      {
        topic: "a",
        data: 1,
        reply_to: question,
        reply_topic: none,
        reply_key: "k",
      },
    ]);
  });

  it("is published once: the first wins, the others are refused with 409", async () => {
    const question = await ask("first");
    const all = await Promise.all(
      ["1", "2", "3", "4"].map((body) => reply("first", question, body)),
    );
    const codes = all.map(({ status, error }) => [status, error?.code]);
    assertEquals(codes.filter(([status]) => status === 200).length, 1);
    assertEquals(
      codes.filter(([, code]) => code === "conflict").map(([status]) => status),
      [409, 409, 409],
    );
    assertEquals((await history("first")).length, 2);
  });

  it("is refused for as long as the log has another one", async () => {
    const question = await ask("later");
    await reply("later", question, "1");
    now += 60_000;
    assertEquals((await reply("later", question, "2")).status, 409);
    assertEquals((await history("later")).length, 2);
  });

  it("can be retried with its idempotency key", async () => {
    const question = await ask("again");
    const { id } = await reply("again", question, "1", "mine");
    assertEquals((await reply("again", question, "1", "mine")).id, id);
    now += 60_000;
    assertEquals((await reply("again", question, "1", "mine")).id, id);
    assertEquals((await reply("again", question, "1", "other")).status, 409);
  });

  it("can be published in a batch and in a frame, too", async () => {
    const question = await ask("ways");
    const line = { channel: "ways", topic: "a", data: 1, reply_to: question };
    const [first, second] = await batch(gateway, [line, line]);
    assertMatch(first?.id ?? "", /-2$/);
    assertEquals(second?.error?.code, "conflict");

    const token = await tokenFor(gateway, ["ways/q"], {
      publish: claims(["ways/a"]),
    });
    const { client } = await connectReady(gateway, { token });
    await client.send({ kind: "publish", ref: "1", ...line });
    assertEquals(await client.error(), { ref: "1", code: "conflict" });
    const other = await ask("ways");
    await client.next();
    await client.send({ kind: "publish", ref: "2", ...line, reply_to: other });
    assertEquals((await client.next()).kind, "ack");
    await client.close();
  });

  it("is counted for each message and each topic", async () => {
    const [one, two] = [await ask("apart"), await ask("apart")];
    const statuses = [
      await reply("apart", one, "1"),
      await reply("apart", two, "1"),
      await reply("apart", one, "1", undefined, "b"),
    ].map(({ status }) => status);
    assertEquals(statuses, [200, 200, 200]);
  });

  it("is not confused with data that contain its fields", async () => {
    const question = await ask("looks");
    await postJson(gateway, {
      channel: "looks",
      topic: "a",
      body: JSON.stringify({ text: `"reply_to":"${question}"` }),
    });
    assertEquals((await reply("looks", question, "1")).status, 200);
  });

  it("is found in a log of several pages", async () => {
    const question = await ask("many");
    await reply("many", question, "1");
    const line = { channel: "many", topic: "q", data: "x".repeat(20_000) };
    await batch(gateway, Array<object>(200).fill(line));
    assertEquals((await reply("many", question, "2")).status, 409);
  });

  it("is refused without reading the log, which may be full of messages that quote replies", async () => {
    let reads = 0;
    class CountingBroker extends MemoryBroker {
      override read(...args: Parameters<MemoryBroker["read"]>) {
        reads++;
        return super.read(...args);
      }
    }
    await using busy = await startGateway({ broker: new CountingBroker() });
    const send = (topic: string, query: Record<string, string> = {}) =>
      postJson(busy, { channel: "c", topic, query, body: "1" });
    const { id: question } = await send("q");
    const data = { text: [`"reply_to":"${question}"`] };
    const line = { channel: "c", topic: "a", data, metadata: data };
    await batch(busy, Array<object>(500).fill(line));
    const statuses = [];
    for (let i = 0; i < 10; i++) {
      statuses.push((await send("a", { reply_to: question })).status);
    }
    assertEquals(statuses, [200, ...Array<number>(9).fill(409)]);
    assertEquals(reads, 0);
  });

  it("to a message of a lost log is published once", async () => {
    await ask("lost");
    const statuses = [];
    for (const body of ["1", "2"]) {
      statuses.push((await reply("lost", "00000000-7", body)).status);
      now += 60_000;
    }
    assertEquals(statuses, [200, 409]);
  });

  it("is one message: a stream can't be a reply", async () => {
    const question = await ask("streams");
    const body = { channel: "streams", topic: "a", data: "s", stream_id: "s" };
    const stream = { ...body, kind: "datastream-start", reply_to: question };
    const [{ error } = {}] = await batch(gateway, [stream]);
    assertEquals(error?.code, "invalid_argument");
  });

  it("is refused where the message doesn't exist, or an argument is invalid", async () => {
    const question = await ask("wrong");
    const [epoch] = question.split("-");
    const refusals = [
      await reply("wrong", `${epoch}-9`, "1"),
      await reply("wrong", "one", "1"),
      await reply("wrong", question, "1", undefined, ["a", "b"]),
      await postJson(gateway, {
        channel: "wrong",
        topic: "q",
        query: { reply_topic: "a\n" },
        body: "1",
      }),
    ].map(({ status, error }) => `${status} ${error?.code}`);
    assertEquals(refusals, [
      "404 not_found",
      "400 invalid_argument",
      "400 invalid_argument",
      "400 invalid_name",
    ]);
    assertEquals((await history("wrong")).length, 1);
  });
});
