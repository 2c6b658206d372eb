import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import { postJson } from "../../../support/wire/publish.ts";
import {
  connectReady,
  connectWire,
  tokenFor,
} from "../../../support/wire/websocket.ts";

const RUN_ID = "01HZXY8Q5T9V3WJ7K2M4N6P8RS";
const FN_ID = "6f1c0e6e-3f0b-4b57-9d43-3f5a7c2f9b10";
const ENV_ID = "0d5a0a5a-8a7e-4a1e-b7c4-1d2c3b4a5f60";

describe("POST /v1/realtime/publish", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Publishes a body; returns the text of the frame that a subscriber received. */
  async function delivered(
    channel: string,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<string> {
    const token = await tokenFor(gateway, [`${channel}/t`]);
    await using client = await connectWire(gateway, { token });
    const request = { channel, topic: "t", body, headers };
    assertEquals((await postJson(gateway, request)).status, 200);
    return await client.nextText();
  }

  it("delivers JSON as it is and answers with the message's id", async () => {
    const token = await tokenFor(gateway, ["json/t"]);
    await using client = await connectWire(gateway, { token });
    const data = {
      text: "Grüße 👋",
      list: [1, null, true],
      nested: { a: 0.5 },
    };
    const answer = await postJson(gateway, {
      channel: "json",
      topic: "t",
      body: JSON.stringify(data),
    });
    const { created_at, ...frame } = await client.next();
    assertEquals(frame, {
      kind: "data",
      channel: "json",
      topic: "t",
      data,
      id: answer.id,
    });
    assertMatch(created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assertMatch(answer.id, /^[a-z0-9]{8}-1$/);
    assertEquals(answer.ids, [answer.id]);
  });

  it("keeps the digits of numbers", async () => {
    const text = await delivered("digits", '{"n":12345678901234567890.10}');
    assertMatch(text, /"data":\{"n":12345678901234567890\.10\}/);
  });

  it("puts JSON of several lines on one line", async () => {
    const body = '{\r\n  "a": "x\\ny",\n  "b": [\n1,\n2]\n}\n';
    const text = await delivered("lines", body);
    assertEquals(/[\r\n]/.test(text), false);
    assertEquals(JSON.parse(text).data, { a: "x\ny", b: [1, 2] });
  });

  it("delivers text that is not JSON as a string", async () => {
    const text = await delivered("text", 'He said "hi"\n{not json}');
    assertEquals(JSON.parse(text).data, 'He said "hi"\n{not json}');
  });

  it("recognizes JSON whatever the content-type, which SDKs don't set", async () => {
    const headers = { "content-type": "text/plain" };
    const text = await delivered("type", '{"a":1}', headers);
    assertEquals(JSON.parse(text).data, { a: 1 });
  });

  it("delivers an empty body as an empty string", async () => {
    assertEquals(JSON.parse(await delivered("empty", "")).data, "");
  });

  it("publishes to several topics, with consecutive ids", async () => {
    const token = await tokenFor(gateway, ["several/a", "several/b"]);
    await using client = await connectWire(gateway, { token });
    const { id, ids } = await postJson(gateway, {
      channel: "several",
      topic: ["a", "b"],
      body: "1",
    });
    const frames = await client.take(2);
    assertEquals(frames.map(({ topic }) => topic), ["a", "b"]);
    assertEquals(frames.map((frame) => frame.id), [...ids]);
    assertEquals(ids.map((one) => one.slice(8)), ["-1", "-2"]);
    assertEquals(id, ids[0]);
  });

  it("numbers the messages of a channel, whatever their topic", async () => {
    const ids: string[] = [];
    for (const topic of ["x", "y", "x"]) {
      ids.push((await postJson(gateway, { channel: "count", topic })).id);
    }
    assertEquals(ids.map((id) => id.slice(8)), ["-1", "-2", "-3"]);
    assertEquals(new Set(ids.map((id) => id.slice(0, 8))).size, 1);
  });

  it("delivers only to subscribers of the topic", async () => {
    const token = await tokenFor(gateway, ["only/this"]);
    const { client } = await connectReady(gateway, { token });
    await using _ = client;
    await postJson(gateway, { channel: "only", topic: "that", body: "1" });
    await postJson(gateway, { channel: "other", topic: "this", body: "2" });
    await postJson(gateway, { channel: "only", topic: "this", body: "3" });
    assertEquals((await client.next()).data, 3);
  });

  it("delivers run_id, fn_id, fn_slug, env_id and metadata", async () => {
    const token = await tokenFor(gateway, ["run/t"]);
    await using client = await connectWire(gateway, { token });
    await postJson(gateway, {
      channel: "run",
      topic: "t",
      body: "1",
      query: {
        run_id: RUN_ID,
        fn_id: FN_ID,
        fn_slug: "app-fn",
        env_id: ENV_ID,
        metadata: '{"a": [1]}',
      },
    });
    const { id: _id, created_at: _at, ...frame } = await client.next();
    assertEquals({ ...frame }, {
      kind: "data",
      channel: "run",
      topic: "t",
      data: 1,
      run_id: RUN_ID,
      fn_id: FN_ID,
      fn_slug: "app-fn",
      env_id: ENV_ID,
      metadata: { a: [1] },
    });
  });

  it("leaves out ids of another form, and empty fields", async () => {
    const token = await tokenFor(gateway, ["forms/t"]);
    await using client = await connectWire(gateway, { token });
    await postJson(gateway, {
      channel: "forms",
      topic: "t",
      body: "1",
      query: {
        run_id: `${RUN_ID}"`,
        fn_id: "my-function",
        fn_slug: "",
        env_id: "",
        metadata: "",
      },
    });
    assertEquals(Object.keys(await client.next()).sort(), [
      "channel",
      "created_at",
      "data",
      "id",
      "kind",
      "topic",
    ]);
  });

  it("refuses metadata that is not JSON", async () => {
    const { status, error } = await postJson(gateway, {
      channel: "metadata",
      topic: "t",
      query: { metadata: "{" },
    });
    assertEquals([status, error?.code], [400, "invalid_json"]);
  });

  it("refuses a request that names no topic", async () => {
    const { status, error } = await postJson(gateway, { channel: "none" });
    assertEquals([status, error?.code], [400, "invalid_argument"]);
  });
});

describe("Idempotency-Key", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  function publishWith(key: string, channel: string, body: string) {
    return postJson(gateway, {
      channel,
      topic: ["a", "b"],
      body,
      headers: { "idempotency-key": key },
    });
  }

  it("answers a repeated request with the first ids and publishes nothing", async () => {
    const token = await tokenFor(gateway, ["keys/a", "keys/b"]);
    await using client = await connectWire(gateway, { token });
    const first = await publishWith("k1", "keys", "1");
    const again = await publishWith("k1", "keys", "2");
    const other = await publishWith("k2", "keys", "3");
    assertEquals(again, first);
    assertEquals(await client.takeData(4), [1, 1, 3, 3]);
    assertEquals(other.id.slice(8), "-3");
  });

  it("publishes once for many requests at the same time", async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => publishWith("k", "at-once", "1")),
    );
    assertEquals(new Set(answers.map(({ id }) => id)).size, 1);
    assertEquals((await publishWith("k2", "at-once", "2")).id.slice(8), "-3");
  });

  it("applies to its channel only", async () => {
    await publishWith("k", "one", "1");
    const { ids } = await publishWith("k", "two", "1");
    assertEquals(ids.map((id) => id.slice(8)), ["-1", "-2"]);
  });

  it("has at most 255 characters", async () => {
    const longest = await publishWith("k".repeat(255), "longest", "1");
    const longer = await publishWith("k".repeat(256), "longest", "1");
    assertEquals([longest.status, longer.status], [200, 400]);
    assertEquals(longer.error?.code, "invalid_argument");
  });
});
