import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
import { realtime } from "inngest";
import * as v from "valibot";
import { z } from "zod";
import { channel } from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { topic } from "../../../core/channel/topic.ts";
import {
  ChannelSchemas,
  type KnownChannel,
} from "../../../server/publish/channel_schemas.ts";
import {
  startGateway,
  type TestGateway,
} from "../../support/gateway/gateway.ts";
import { batch, post, postJson } from "../../support/wire/publish.ts";
import {
  claims,
  connectReady,
  tokenFor,
} from "../../support/wire/websocket.ts";

const text = topic("t").schema(z.object({ text: z.string() }));

/** A channel whose topic takes one word only. */
function only(word: string): KnownChannel {
  return channel("any").addTopic(topic("t").schema(z.literal(word)));
}

describe("ChannelSchemas", () => {
  /** Returns whether the schemas accept the data. */
  async function accepts(
    channels: Record<string, KnownChannel>,
    name: string,
    data: unknown,
  ): Promise<boolean> {
    try {
      await new ChannelSchemas(channels).check(name, "t", data);
      return true;
    } catch (error) {
      assertEquals((error as RealtimeError).code, "invalid_data");
      return false;
    }
  }

  it("takes channels and definitions of Inngest's version 4", async () => {
    const topics = { t: { schema: z.object({ text: z.string() }) } };
    const logs = realtime.channel({ name: "logs", topics });
    const users = realtime.channel({
      name: (id: string) => `user:${id}`,
      topics,
    });
    const channels = { "logs": logs, "user:*": users };
    for (const name of ["logs", "user:1"]) {
      assertEquals(await accepts(channels, name, "b"), false);
      assertEquals(await accepts(channels, name, { text: "a" }), true);
    }
  });

  it("finds a channel, and a definition, by the exact name", async () => {
    const logs = channel("logs.all").addTopic(text);
    for (const known of [logs, logs()]) {
      const channels = { "logs.all": known };
      assertEquals(await accepts(channels, "logs.all", "b"), false);
      assertEquals(await accepts(channels, "logs.all", { text: "a" }), true);
      assertEquals(await accepts(channels, "logs-all", "b"), true);
      assertEquals(await accepts(channels, "logs.all.of", "b"), true);
    }
  });

  it("lets each * of a pattern stand for one or more characters", async () => {
    const cases = [
      ["user:*", ["user:1", "user:1:2", "user:*", "user:\n"], [
        "user:",
        "users:1",
        "a user:1",
      ]],
      ["*:admin", ["1:admin", "a:admin:admin"], [":admin", "1:admin:"]],
      ["*/(*)", ["1/(2)", "a/(b)/(c)"], ["1/2", "/(2)", "1/()"]],
      ["a*b*c", ["a1b2c", "abbbc", "a1b2bc"], ["abc", "a1bc", "ab2c", "abbc"]],
      ["a**", ["a12", "a123"], ["a1", "a"]],
      ["*", ["x"], []],
      ["^.$*", ["^.$x"], ["abc"]],
    ] as const;
    for (const [pattern, matching, others] of cases) {
      const channels = { [pattern]: only("a") };
      for (const name of matching) {
        assertEquals(await accepts(channels, name, "b"), false, name);
        assertEquals(await accepts(channels, name, "a"), true, name);
      }
      for (const name of others) {
        assertEquals(await accepts(channels, name, "b"), true, name);
      }
    }
  });

  it("prefers the exact name, then the pattern with the most literal characters", async () => {
    const entries = Object.entries({
      "*": only("any"),
      "user:*": only("user"),
      "user:*:admin": only("admin"),
      "user:0:admin": only("root"),
    });
    for (const all of [entries, entries.toReversed()]) {
      const channels = Object.fromEntries(all);
      assertEquals(await accepts(channels, "logs", "any"), true);
      assertEquals(await accepts(channels, "user:1", "user"), true);
      assertEquals(await accepts(channels, "user:1:admin", "admin"), true);
      assertEquals(await accepts(channels, "user:0:admin", "root"), true);
      assertEquals(await accepts(channels, "user:1:admin", "user"), false);
    }
    const equal = { "a*": only("first"), "*b": only("second") };
    assertEquals(await accepts(equal, "a-b", "first"), true);
  });

  it("doesn't check unknown topics, and topics without a schema", async () => {
    const known = channel("c").addTopic(topic("t").type<string>());
    assertEquals(await accepts({ c: known }, "c", 1), true);
    const d = channel("d").addTopic(text);
    const schemas = new ChannelSchemas({ c: known, d });
    await schemas.check("d", "other", 1);
    await schemas.check("d", "constructor", 1);
    await assertRejects(() => schemas.check("d", "t", 1), RealtimeError);
  });

  it("says where data are invalid, and its message doesn't repeat them", async () => {
    const schema = v.object({ list: v.array(v.object({ a: v.number() })) });
    const c = channel("c").addTopic(topic("t").schema(schema));
    const error = await assertRejects(
      () => new ChannelSchemas({ c }).check("c", "t", { list: [{ a: "?" }] }),
      RealtimeError,
    );
    assertEquals(error.issues.map(({ path }) => path), [["list", 0, "a"]]);
    assertEquals(error.message.includes("?"), false);
  });

  it("refuses a list, an empty key, and a value that is not a channel", () => {
    const known = only("a");
    const cases: readonly [unknown, string][] = [
      [[known], '"channels" is a list, it must be an object of names'],
      [{ "": known }, 'a key of "channels" is empty'],
      [{ logs: "logs" }, '"logs" of "channels" is not a channel'],
      [{ "a:*": null }, '"a:*" of "channels" is not a channel'],
      [{ f: (id: string) => `user:${id}` }, '"f" of "channels" is not'],
      [{ t: topic("t") }, '"t" of "channels" is not a channel'],
    ];
    for (const [channels, message] of cases) {
      assertThrows(
        () => new ChannelSchemas(channels as Record<string, KnownChannel>),
        RealtimeError,
        `Cannot create a gateway: ${message}`,
      );
    }
  });
});

describe("createGateway({ channels })", () => {
  let gateway: TestGateway;
  let bearer: string;
  beforeAll(async () => {
    gateway = await startGateway({
      channels: {
        "room:*": channel((id: string) => `room:${id}`).addTopic(text),
      },
    });
    bearer = await tokenFor(gateway, ["room:1/t"], { publish: true });
  });
  afterAll(() => gateway.close());

  const request = { channel: "room:1", topic: "t" };
  const wrong = '{"text":1}';

  it("refuses a client's invalid data with 400 and the issues", async () => {
    const { status, error } = await postJson(gateway, {
      ...request,
      bearer,
      body: wrong,
    });
    assertEquals([status, error?.code], [400, "invalid_data"]);
    const { issues, message } = Object(error);
    assertEquals(issues.map(({ path }: { path: unknown }) => path), [["text"]]);
    assertStringIncludes(message, 'Cannot publish to "room:1", topic "t": ');
  });

  it("refuses it in a frame, in a batch and in a stream, too", async () => {
    const { client } = await connectReady(gateway, { token: bearer });
    const publish = { kind: "publish", ref: "1", ...request };
    await client.send({ ...publish, data: { text: 1 } });
    const { kind, data } = await client.next();
    assertEquals([kind, Object(data).code], ["error", "invalid_data"]);
    assertEquals(Object(data).issues.length, 1);
    await client.send({ ...publish, data: { text: "1" } });
    assertEquals((await client.next()).data !== undefined, true);
    await client.close();

    const line = { ...request, stream_id: "s" };
    const answers = await batch(gateway, [
      { ...request, data: 1 },
      { ...line, data: "s", kind: "datastream-start" },
      { ...line, data: 1, kind: "chunk" },
      { ...line, data: { text: "1" }, kind: "chunk" },
      { ...line, data: "s", kind: "datastream-end" },
    ], bearer);
    assertEquals(answers.map(({ error }) => error?.code), [
      "invalid_data",
      undefined,
      "invalid_data",
      undefined,
      undefined,
    ]);

    const streamed = await post(gateway, {
      ...request,
      bearer,
      body: "some text",
      headers: { "content-type": "text/stream" },
    });
    assertEquals((await streamed.json()).error.code, "invalid_data");
  });

  it("publishes valid data unchanged", async () => {
    const { status } = await postJson(gateway, {
      ...request,
      bearer,
      body: '{"text":"Hello","more":1}',
    });
    assertEquals(status, 200);
  });

  it("doesn't check what is published with the signing key", async () => {
    assertEquals(
      (await postJson(gateway, { ...request, body: wrong })).status,
      200,
    );
  });

  it("checks the token's grant before the schema", async () => {
    const token = await tokenFor(gateway, ["room:1/t"], {
      publish: claims(["room:1/u"]),
    });
    const answer = await postJson(gateway, {
      ...request,
      bearer: token,
      body: wrong,
    });
    assertEquals(answer.status, 403);
  });
});
