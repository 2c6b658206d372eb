import {
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { afterAll, beforeAll, describe, it } from "@std/testing/bdd";
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

/** A topic that takes one word only. */
function only(word: string) {
  return topic("t").schema(z.literal(word));
}

describe("ChannelSchemas", () => {
  async function takes(
    channels: readonly KnownChannel[],
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

  it("knows a channel, and a definition without arguments, by the name", async () => {
    const logs = channel("logs.all").addTopic(only("a"));
    for (const known of [logs, logs()]) {
      assertEquals(await takes([known], "logs.all", "b"), false);
      assertEquals(await takes([known], "logs.all", "a"), true);
      assertEquals(await takes([known], "logs-all", "b"), true);
      assertEquals(await takes([known], "logs.all.of", "b"), true);
    }
  });

  it("knows a definition by what stands around its arguments", async () => {
    interface Place {
      readonly org: { readonly id: number };
      readonly rooms: readonly string[];
    }
    const definitions = [
      [channel((id: string) => `user:${id}`), "user:1", "users:1"],
      [channel((a: string, b = "x") => `${a}/(${b})`), "1/(2)", "1/2"],
      [channel((id: number) => `n:${id.toFixed(2)}!`), "n:1.00!", "n:1.00"],
      [
        channel(({ org, rooms }: Place) => `o:${org.id}:${rooms.join("+")}`),
        "o:1:a+b",
        "o:1",
      ],
      [channel((id: string) => `u:${encodeURIComponent(id)}`), "u:a%20b", "u:"],
      [
        channel({
          name: (id: string) => "v4:" + id.trim().toLowerCase(),
          topics: {},
        }),
        "v4:line\nbreak",
        "v4",
      ],
    ] as const;
    for (const [definition, known, unknown] of definitions) {
      const channels = [
        (definition as KnownChannel & typeof definitions[0][0])
          .addTopic(only("a")),
      ];
      assertEquals(await takes(channels, known, "b"), false, known);
      assertEquals(await takes(channels, known, "a"), true, known);
      assertEquals(await takes(channels, unknown, "b"), true, unknown);
    }
  });

  it("means the one that says most of a name", async () => {
    const channels = [
      channel((id: string) => `user:${id}`).addTopic(only("user")),
      channel((id: string) => `user:${id}:admin`).addTopic(only("admin")),
      channel("user:0:admin").addTopic(only("root")),
    ];
    for (const all of [channels, channels.toReversed()]) {
      assertEquals(await takes(all, "user:1", "user"), true);
      assertEquals(await takes(all, "user:1:admin", "admin"), true);
      assertEquals(await takes(all, "user:0:admin", "root"), true);
      assertEquals(await takes(all, "user:1:admin", "user"), false);
    }
  });

  it("lets topics without a schema, and topics that it doesn't know, be", async () => {
    const known = channel("c").addTopic(topic("t").type<string>());
    assertEquals(await takes([known], "c", 1), true);
    const schemas = new ChannelSchemas([known, channel("d").addTopic(text)]);
    await schemas.check("d", "other", 1);
    await schemas.check("d", "constructor", 1);
    await assertRejects(() => schemas.check("d", "t", 1), RealtimeError);
  });

  it("says where data are wrong, and not what they are", async () => {
    const schema = v.object({ list: v.array(v.object({ a: v.number() })) });
    const known = channel("c").addTopic(topic("t").schema(schema));
    const error = await assertRejects(
      () => new ChannelSchemas([known]).check("c", "t", { list: [{ a: "?" }] }),
      RealtimeError,
    );
    assertEquals(error.issues.map(({ path }) => path), [["list", 0, "a"]]);
  });

  it("refuses definitions whose names have no pattern, and what is no channel", () => {
    const refused = [
      channel((id: string) => `u:${id.length * 2}`),
      channel((at: Date) => `d:${new Date(at).toISOString()}`),
      channel((id: string) => btoa(id)),
      channel((id: number) => id > 9 ? "many" : "few"),
      "logs",
      null,
    ];
    for (const each of refused) {
      assertThrows(() => new ChannelSchemas([each as KnownChannel]), TypeError);
    }
  });
});

describe("createGateway({ channels })", () => {
  let gateway: TestGateway;
  let bearer: string;
  beforeAll(async () => {
    gateway = await startGateway({
      channels: [channel((id: string) => `room:${id}`).addTopic(text)],
    });
    bearer = await tokenFor(gateway, ["room:1/t"], { publish: true });
  });
  afterAll(() => gateway.close());

  const request = { channel: "room:1", topic: "t" };
  const wrong = '{"text":1}';

  it("refuses a client's wrong data with 400 and the issues", async () => {
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

  it("refuses them in a frame, in a batch and in a stream, too", async () => {
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
      { ...request, data: 1, kind: "event" },
      { ...line, data: "s", kind: "datastream-start" },
      { ...line, data: 1, kind: "chunk" },
      { ...line, data: { text: "1" }, kind: "chunk" },
      { ...line, data: "s", kind: "datastream-end" },
    ], bearer);
    assertEquals(answers.map(({ error }) => error?.code), [
      "invalid_data",
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

  it("takes right data as they are", async () => {
    const { status } = await postJson(gateway, {
      ...request,
      bearer,
      body: '{"text":"Hello","more":1}',
    });
    assertEquals(status, 200);
  });

  it("checks nothing that is published with the signing key", async () => {
    assertEquals(
      (await postJson(gateway, { ...request, body: wrong })).status,
      200,
    );
  });

  it("looks at the grant first", async () => {
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
