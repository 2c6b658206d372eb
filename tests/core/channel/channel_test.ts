import {
  assertEquals,
  assertNotStrictEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { channel as channelV3, topic as topicV3 } from "@inngest/realtime";
import { type } from "arktype";
import { channel as inngestChannel } from "inngest/realtime";
import { z } from "zod";
import {
  channel,
  channelName,
  topicSchema,
  typeOnlyChannel,
} from "../../../core/channel/channel.ts";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { staticSchema } from "../../../core/channel/static_schema.ts";
import { resolveCheckedInput } from "../../../core/publish/message_input.ts";
import { topic } from "../../../core/channel/topic.ts";

const aiSchema = z.object({ response: z.string() });
/** A schema that is a function. */
const textSchema = type("string");
const userChannel = channel((userId: string) => `user:${userId}`)
  .addTopic(topic("ai").schema(aiSchema))
  .addTopic(topic("count").type<number>());

function assertInvalidName(fn: () => unknown, name: string): void {
  const error = assertThrows(fn, RealtimeError);
  assertEquals(error.code, "invalid_name");
  assertStringIncludes(error.message, name);
}

describe("channel()", () => {
  it("makes the message of a topic", async () => {
    const logs = channel("logs").addTopic(topic("info").type<string>());
    assertEquals(await logs().info("All went well"), {
      channel: "logs",
      topic: "info",
      data: "All went well",
    });
  });

  it("names the channel by a function of any arguments", () => {
    const cell = channel((row: number, ...rest: readonly string[]) =>
      `cell:${row}:${rest.join(":")}`
    );
    assertEquals(cell(1, "a", "b").name, "cell:1:a:b");
    assertEquals(userChannel("7").name, "user:7");
    assertEquals(userChannel("7").ai.channel, "user:7");
  });

  it("publishes the given data, not the output of the schema", async () => {
    const flag = channel("flags").addTopic(
      topic("on").schema(z.number().transform(Boolean)),
    );
    assertEquals((await flag().on(1)).data, 1);
  });

  it("adds the topic's schema to a message, so that a publish can validate the data", async () => {
    const error = await assertRejects(
      () =>
        resolveCheckedInput(
          userChannel("1").ai({ response: 1 as never }),
          undefined,
        ),
      RealtimeError,
    );
    assertEquals(error.code, "invalid_data");
    assertEquals(error.issues.map(({ path }) => path), [["response"]]);
    assertEquals(
      error.message,
      'Cannot publish to "user:1", topic "ai": the data do not match the topic\'s schema',
    );
  });

  it("has references to its topics", () => {
    const { ai, count } = userChannel("1");
    assertEquals([ai.channel, ai.topic], ["user:1", "ai"]);
    assertStrictEquals(ai.config.schema, aiSchema);
    assertEquals([count.channel, count.topic], ["user:1", "count"]);
    assertEquals(Object(count.config).schema, undefined);
  });

  it("refuses a name that no channel can have", () => {
    assertInvalidName(() => channel(""), "channel");
    assertInvalidName(() => channel("a\nb"), "channel");
    assertInvalidName(() => channel("x".repeat(256)), "channel");
    assertInvalidName(() => channel(undefined as never), "channel");
    assertInvalidName(() => channel(null as never), "channel");
    assertInvalidName(() => channel(() => "")(), "channel");
    assertInvalidName(() => channel(() => 1 as never)(), "channel");
  });

  it("accepts the names of objects' properties, except topics with names that a channel needs itself", async () => {
    for (
      const name of ["name", "topics", "then", "__proto__", "constructor"]
    ) {
      const made = channel(name).addTopic(topic("info").type<number>())();
      assertEquals((await made.info(1)).channel, name);
    }
    const names = [
      "constructor",
      "toString",
      "hasOwnProperty",
      "length",
      "call",
      "apply",
      "bind",
      "prototype",
      "addTopic",
      "channel",
      "topic",
      "data",
      "catch",
      "0",
    ] as const;
    for (const name of names) {
      const made = channel("c").addTopic(topic(name).type<number>());
      assertEquals(await made()[name](1), {
        channel: "c",
        topic: name,
        data: 1,
      });
      assertEquals(made.topics[name].name, name);
    }
  });

  it("refuses topics with the names that a channel needs itself", () => {
    for (const name of ["name", "topics", "then", "toJSON", "__proto__"]) {
      const added = topic(name) as never;
      assertInvalidName(() => channel("c").addTopic(added), `"${name}"`);
      const topics = Object.fromEntries([[name, { schema: aiSchema }]]);
      assertInvalidName(() => channel({ name: "c", topics }), `"${name}"`);
    }
  });

  it("is not a promise", async () => {
    const user = userChannel("1");
    assertStrictEquals(await user, user);
    assertEquals("then" in user, false);
  });
});

describe("addTopic()", () => {
  it("returns another definition, and never changes a channel", () => {
    const first = channel("logs").addTopic(topic("info").type<string>());
    const before = first();
    const second = first.addTopic(topic("error").type<string>());
    assertNotStrictEquals<unknown>(first, second);
    assertEquals(Object.keys(first.topics), ["info"]);
    assertEquals(Object.keys(second.topics), ["info", "error"]);
    assertEquals("error" in before, false);
    assertEquals("error" in first(), false);
  });

  it("replaces the topic of the same name", async () => {
    const replaced = userChannel.addTopic(topic("ai").type<number>());
    assertEquals((await replaced("1").ai(5)).data, 5);
    assertEquals(userChannel.topics.ai.getSchema(), aiSchema);
  });

  it("refuses a value that is not a topic", () => {
    assertInvalidName(() => channel("c").addTopic({} as never), "topic");
  });

  it("returns a definition that cannot be changed", () => {
    const made = userChannel("1");
    const targets: object[] = [
      userChannel,
      userChannel.topics,
      made,
      made.topics,
      made.ai,
    ];
    for (const target of targets) {
      assertThrows(() => Object.assign(target, { extra: 1 }), TypeError);
    }
  });
});

describe("channel() in the form of Inngest's version 4", () => {
  const logs = channel({
    name: "logs",
    topics: {
      info: { schema: aiSchema },
      raw: { schema: staticSchema<{ n: number }>() },
    },
  });

  it("makes a channel if it has a name", async () => {
    assertEquals(logs.name, "logs");
    assertEquals([logs.info.channel, logs.info.topic], ["logs", "info"]);
    assertStrictEquals(logs.info.config.schema, aiSchema);
    const { channel, topic, data } = await logs.raw({ n: 1 });
    assertEquals({ channel, topic, data }, {
      channel: "logs",
      topic: "raw",
      data: { n: 1 },
    });
    await assertRejects(
      () => resolveCheckedInput(logs.info({ response: 1 as never }), undefined),
      RealtimeError,
    );
  });

  it("makes a definition if the name is a function", () => {
    const chat = channel({
      name: (room: string) => `chat:${room}`,
      topics: { said: { schema: aiSchema } },
    }).addTopic(topic("left").type<string>());
    assertEquals(chat("a").said.channel, "chat:a");
    assertEquals(chat("a").left.topic, "left");
  });

  it("refuses __proto__ in a literal, which names no topic", () => {
    assertInvalidName(
      () => channel({ name: "c", topics: { __proto__: { schema: aiSchema } } }),
      '"__proto__"',
    );
  });

  it("takes topics from an object without a prototype", () => {
    const topics = Object.assign(Object.create(null), {
      info: { schema: aiSchema },
    });
    assertEquals(Object.keys(channel({ name: "c", topics }).topics), ["info"]);
  });

  it("refuses a topic without a Standard Schema", () => {
    assertThrows(
      () => channel({ name: "c", topics: { info: {} as never } }),
      RealtimeError,
    );
  });
});

describe("typeOnlyChannel()", () => {
  it("has every topic, and validates nothing", async () => {
    const user = typeOnlyChannel<typeof userChannel>("user:1");
    assertEquals(user.name, "user:1");
    const wrong = { response: 1 as never };
    assertEquals(await user.ai(wrong), {
      channel: "user:1",
      topic: "ai",
      data: wrong,
    });
    assertEquals([user.count.channel, user.count.topic], ["user:1", "count"]);
    assertEquals(topicSchema(user, "ai"), undefined);
  });

  it("has a definition without a schema for every topic", () => {
    const { topics } = typeOnlyChannel<typeof userChannel>("user:1");
    assertEquals([topics.ai.name, topics.count.name], ["ai", "count"]);
    assertEquals(topics.ai.getSchema(), undefined);
    assertEquals("then" in topics, false);
    assertEquals(Object(topics).then, undefined);
  });

  it("is not a promise, and is its name and topics in JSON", async () => {
    const user = typeOnlyChannel<typeof userChannel>("user:1");
    assertStrictEquals(await user, user);
    assertEquals(JSON.parse(JSON.stringify(user)), {
      name: "user:1",
      topics: {},
    });
  });

  it("refuses a name that no channel can have", () => {
    assertInvalidName(() => typeOnlyChannel(""), "channel");
  });
});

describe("channelName()", () => {
  it("returns the name of a channel, or a name itself", () => {
    assertEquals(channelName("logs"), "logs");
    assertEquals(channelName(userChannel("1")), "user:1");
  });

  it("refuses every other value, for example a definition that was not called", () => {
    for (const other of [userChannel, null, undefined, {}, 1, ""]) {
      assertInvalidName(() => channelName(other), "channel");
    }
  });
});

describe("topicSchema()", () => {
  it("returns the schema of a channel's topic", () => {
    assertStrictEquals(topicSchema(userChannel("1"), "ai"), aiSchema);
    for (const name of ["count", "other", "constructor", "__proto__"]) {
      assertEquals(topicSchema(userChannel("1"), name), undefined);
    }
    assertEquals(topicSchema("user:1", "ai"), undefined);
  });

  it("returns the schema of a topic of Inngest's SDKs", () => {
    const v4 = inngestChannel({
      name: "c",
      topics: { ai: { schema: aiSchema }, text: { schema: textSchema } },
    });
    assertStrictEquals(topicSchema(v4, "ai"), aiSchema);
    assertStrictEquals(topicSchema(v4, "text"), textSchema);
    const v3 = channelV3("c")
      .addTopic(topicV3("ai").schema(aiSchema))
      .addTopic(topicV3("count").type<number>());
    assertStrictEquals(topicSchema(v3(), "ai"), aiSchema);
    assertEquals(topicSchema(v3(), "count"), undefined);
    for (const name of ["other", "constructor", "__proto__", "toString"]) {
      assertEquals(topicSchema(v4, name), undefined);
    }
  });

  it("returns no schema of a channel that went through JSON", () => {
    const v4 = inngestChannel({
      name: "c",
      topics: { ai: { schema: aiSchema } },
    });
    for (const made of [v4, userChannel("1")]) {
      assertEquals(
        topicSchema(JSON.parse(JSON.stringify(made)), "ai"),
        undefined,
      );
    }
  });
});
