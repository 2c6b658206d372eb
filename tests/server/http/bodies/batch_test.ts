import { assertEquals, assertMatch } from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import fc from "fast-check";
import {
  startGateway,
  type TestGateway,
} from "../../../support/gateway/gateway.ts";
import {
  batch,
  type LineAnswer,
  postJson,
} from "../../../support/wire/publish.ts";
import {
  address,
  claims,
  connectWire,
  tokenFor,
} from "../../../support/wire/websocket.ts";

describe("POST /v1/realtime/publish/batch", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.close());

  /** Returns the result of each line: the offset of its message, or the code of its error. */
  function outcomes(answers: readonly LineAnswer[]) {
    return answers.map(({ id, error }) => error?.code ?? id?.slice(9));
  }

  it("publishes the lines in order, and returns a result for each", async () => {
    const token = await tokenFor(gateway, ["batch/a", "batch/b"]);
    await using client = await connectWire(gateway, { token });
    const answers = await batch(gateway, [
      { channel: "batch", topic: "a", data: 1 },
      { channel: "batch", topic: "b", data: { x: [2] } },
      { channel: "batch", topic: "a", data: null, kind: "step" },
    ]);
    const frames = await client.take(3);
    assertEquals(frames.map(({ kind, topic, data }) => [kind, topic, data]), [
      ["data", "a", 1],
      ["data", "b", { x: [2] }],
      ["step", "a", null],
    ]);
    assertEquals(
      answers.map(({ id }) => id),
      frames.map(({ id }) => id),
    );
  });

  it("publishes the other lines when one is invalid", async () => {
    const line = { channel: "bad", topic: "t", data: 1 };
    const answers = await batch(gateway, [
      line,
      "no json",
      { ...line, data: undefined },
      { ...line, channel: "" },
      { ...line, topic: "a\u0007b" },
      { ...line, kind: "ready" },
      { ...line, kind: "chunk" },
      { ...line, data: "x".repeat(512 * 1024) },
      { ...line, key: "" },
      "[]",
      "null",
      line,
    ]);
    assertEquals(outcomes(answers), [
      "1",
      "invalid_json",
      "invalid_argument",
      "invalid_name",
      "invalid_name",
      "invalid_argument",
      "invalid_argument",
      "too_large",
      "invalid_argument",
      "invalid_argument",
      "invalid_argument",
      "2",
    ]);
    assertMatch(answers[2]?.error?.message ?? "", /data/);
    assertMatch(answers[6]?.error?.message ?? "", /stream_id/);
  });

  it("treats a line the same whether its kind is named or not, whatever its fields are", async () => {
    const field = fc.option(
      fc.oneof(
        fc.constantFrom<unknown>("", "x", 5, null, {}, `${"x".repeat(256)}`),
        fc.string(),
      ),
      { nil: undefined },
    );
    const fields = fc.record({
      channel: fc.oneof({ weight: 3, arbitrary: fc.constant("same") }, field),
      topic: fc.oneof({ weight: 3, arbitrary: fc.constant("t") }, field),
      data: fc.oneof({ weight: 3, arbitrary: fc.jsonValue() }, field),
      ...Object.fromEntries(
        ["run_id", "fn_slug", "reply_topic", "trace", "toString", "metadata"]
          .map((name) => [name, field]),
      ),
    }, { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(fields, async (line) => {
        const lines = [line, { ...line, kind: "data" }];
        const [first, second] = await batch(gateway, lines);
        assertEquals(first?.error, second?.error);
        if (first?.error) return;
        const [a, b] = (await historyOf(String(line.channel), line.topic))
          .slice(-2).map(({ id: _id, created_at: _at, ...frame }) => frame);
        assertEquals(a, b);
      }),
      { numRuns: 200 },
    );
  });

  /** Returns the messages of a topic. */
  async function historyOf(
    channel: string,
    topic: unknown,
  ): Promise<Record<string, unknown>[]> {
    const query = { channel, topic: String(topic) };
    const authorization = `Bearer ${gateway.signingKey}`;
    const url = address(gateway, "history", query);
    const response = await fetch(url, { headers: { authorization } });
    return (await response.json()).messages;
  }

  it("takes the time for which a line's idempotency key is remembered", async () => {
    const line = { channel: "ttl", topic: "t", data: 1, key: "k" };
    const answers = await batch(gateway, [
      { ...line, key_ttl: 1 },
      { ...line, key_ttl: 86_400 },
      ...[0, 86_401, 1.5, "60", null].map((key_ttl) => ({ ...line, key_ttl })),
    ]);
    assertEquals(answers[1], answers[0]);
    assertEquals(
      answers.map(({ error }) => error?.code),
      [undefined, undefined, ...Array(5).fill("invalid_argument")],
    );
  });

  it("publishes a line with a known idempotency key once", async () => {
    const line = { channel: "keys", topic: "t", data: 1, key: "k" };
    const answers = await batch(gateway, [
      line,
      line,
      { ...line, key: "l" },
      line,
    ]);
    assertEquals(outcomes(answers), ["1", "1", "2", "1"]);
  });

  it("publishes the messages of a data stream unchanged", async () => {
    const token = await tokenFor(gateway, ["stream/t"]);
    await using client = await connectWire(gateway, { token });
    const line = { channel: "stream", topic: "t", stream_id: "s1" };
    await batch(gateway, [
      { ...line, kind: "datastream-start", data: "s1" },
      { ...line, kind: "chunk", data: { any: "JSON" } },
      { ...line, kind: "datastream-end", data: "s1", metadata: { a: 1 } },
    ]);
    const frames = await client.take(3);
    assertEquals(
      frames.map(({ kind, data, stream_id }) => [kind, data, stream_id]),
      [
        ["datastream-start", "s1", "s1"],
        ["chunk", { any: "JSON" }, "s1"],
        ["datastream-end", "s1", "s1"],
      ],
    );
    assertEquals(frames[2]?.metadata, { a: 1 });
  });

  it("accepts a token that grants publishing, for its topics alone", async () => {
    const token = await tokenFor(gateway, ["granted/t"], {
      publish: claims(["granted/t"]),
    });
    const answers = await batch(gateway, [
      { channel: "granted", topic: "t", data: 1 },
      { channel: "granted", topic: "u", data: 1 },
      { channel: "other", topic: "t", data: 1 },
    ], token);
    assertEquals(outcomes(answers), ["1", "forbidden", "forbidden"]);
  });

  it("counts metadata and the function's slug in the size of a message", async () => {
    const half = "x".repeat(300 * 1024);
    const line = { channel: "metadata", topic: "t", data: half };
    const answers = await batch(gateway, [{ ...line, metadata: half }, line]);
    assertEquals(outcomes(answers), ["too_large", "1"]);
  });

  it("returns no result for an empty body", async () => {
    assertEquals(await batch(gateway, ["", "\n"]), []);
  });

  it("refuses a caller without a key before it reads a line", async () => {
    const { status, error } = await postJson(gateway, {
      route: "publish/batch",
      body: "{}",
      bearer: "",
    });
    assertEquals([status, error?.code], [401, "unauthenticated"]);
  });

  it("refuses a body over 8 MiB", async () => {
    const { status, error } = await postJson(gateway, {
      route: "publish/batch",
      body: "\n".repeat(8 * 1024 * 1024 + 1),
    });
    assertEquals([status, error?.code], [413, "too_large"]);
  });
});
