/** Tests of the types of `channel` and `topic`. This file is never run. */
import {
  channel,
  type Realtime,
  staticSchema,
  topic,
  typeOnlyChannel,
} from "../../mod.ts";
import { type as arktype } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import type { Equal, Expect, IsAny } from "../support/types/type_assertions.ts";

const user = channel((userId: string) => `user:${userId}`)
  .addTopic(topic("ai").type<{ response: string }>())
  .addTopic(
    topic("flag").schema(z.object({ on: z.number().transform(Boolean) })),
  );
const logs = channel("logs").addTopic(topic("info").type<string>());
const libraries = channel("libraries")
  .addTopic(topic("zod").schema(z.string().transform(Number)))
  .addTopic(
    topic("valibot").schema(v.pipe(v.string(), v.transform(Number))),
  )
  .addTopic(topic("arktype").schema(arktype("string.numeric.parse")));
const chat = channel({
  name: (room: string, floor?: number) => `chat:${room}:${floor}`,
  topics: {
    said: { schema: staticSchema<{ text: string }>() },
    flag: { schema: z.number().transform(Boolean) },
  },
});
const news = channel({
  name: "news",
  topics: { headline: { schema: z.string() } },
});

type Topics = Realtime.Channel.InferTopics<typeof user>;
type Publish<T extends Realtime.Topic.Definition> = Realtime.Topic.InferPublish<
  T
>;
type Subscribe<T extends Realtime.Topic.Definition> =
  Realtime.Topic.InferSubscribe<T>;
type Libraries = Realtime.Channel.InferTopics<typeof libraries>;
type Chat = Realtime.Channel.InferTopics<typeof chat>;

export type Names = [
  Expect<Equal<Realtime.Channel.InferId<typeof user>, `user:${string}`>>,
  Expect<Equal<Realtime.Channel.InferId<typeof logs>, "logs">>,
  Expect<Equal<Realtime.Channel.InferId<typeof news>, "news">>,
  Expect<Equal<Realtime.Channel.InferId<"some">, "some">>,
  Expect<
    Equal<Realtime.Channel.Definition.InferId<typeof user>, `user:${string}`>
  >,
  Expect<Equal<ReturnType<typeof user>["name"], `user:${string}`>>,
  Expect<Equal<Parameters<typeof user>, [userId: string]>>,
  Expect<Equal<Parameters<typeof logs>, []>>,
  Expect<Equal<Parameters<typeof chat>, [room: string, floor?: number]>>,
  Expect<Equal<keyof Topics, "ai" | "flag">>,
  Expect<Equal<Realtime.Channel.TopicName<typeof logs>, "info">>,
  Expect<Equal<Realtime.Topic.InferId<Topics["ai"]>, "ai">>,
  Expect<Equal<keyof Chat, "said" | "flag">>,
];

export type Data = [
  Expect<Equal<Publish<Topics["ai"]>, { response: string }>>,
  Expect<Equal<Subscribe<Topics["ai"]>, { response: string }>>,
  Expect<Equal<Publish<Topics["flag"]>, { on: number }>>,
  Expect<Equal<Subscribe<Topics["flag"]>, { on: boolean }>>,
  Expect<
    Equal<{ [K in keyof Libraries]: Publish<Libraries[K]> }, {
      readonly zod: string;
      readonly valibot: string;
      readonly arktype: string;
    }>
  >,
  Expect<
    Equal<{ [K in keyof Libraries]: Subscribe<Libraries[K]> }, {
      readonly zod: number;
      readonly valibot: number;
      readonly arktype: number;
    }>
  >,
  Expect<Equal<Publish<Chat["said"]>, { text: string }>>,
  Expect<Equal<Publish<Chat["flag"]>, number>>,
  Expect<Equal<Subscribe<Chat["flag"]>, boolean>>,
  Expect<Equal<IsAny<Publish<Topics["ai"]>>, false>>,
  Expect<Equal<IsAny<Subscribe<Topics["flag"]>>, false>>,
  Expect<Equal<IsAny<typeof user>, false>>,
  Expect<Equal<IsAny<ReturnType<typeof user>>, false>>,
  Expect<Equal<IsAny<ReturnType<typeof user>["ai"]>, false>>,
  Expect<Equal<IsAny<typeof news.headline>, false>>,
  // Data without a type have the type of JSON.parse, as in @inngest/realtime.
  Expect<IsAny<Publish<Realtime.Topic.Definition<"plain">>>>,
  // A hand-written type of a definition equals the inferred one.
  Expect<
    Equal<
      typeof logs,
      Realtime.Channel.Definition<
        () => "logs",
        { readonly info: Realtime.Topic.Definition<"info", string> }
      >
    >
  >,
];

export async function messages(): Promise<void> {
  const one = await user("1").ai({ response: "Hello" });
  one satisfies Realtime.Message.Input<`user:${string}`, "ai">;
  type _ = Expect<Equal<typeof one.data, { response: string }>>;
  const streamed = await logs().info(new ReadableStream<string>());
  streamed.data satisfies ReadableStream<string> | AsyncIterable<string>;
  await chat("lobby").said({ text: "Hi" });
  await news.headline("Rain");
  await typeOnlyChannel<typeof user>("user:1").ai({ response: "Hello" });
  const replaced = user.addTopic(topic("ai").type<number>());
  await replaced("1").ai(1);
}

export function acceptance(): void {
  const anyChannel: Realtime.Channel = user("1");
  const anyDefinition: Realtime.Channel.Definition = user;
  const anyTopic: Realtime.Topic.Definition = user.topics.flag;
  // A parameter of the type `Realtime.Topic` takes every topic.
  const topics: Realtime.Topic[] = [
    user("1").ai,
    user("1").flag,
    logs().info,
    news.headline,
    typeOnlyChannel<typeof user>("user:1").ai,
  ];
  const typeOnly: Realtime.Topic.Definition<"ai", { response: string }> =
    typeOnlyChannel<typeof user>("user:1").topics.ai;
  const asChannel: Realtime.Channel.Definition.AsChannel<typeof user> = user(
    "1",
  );
  const builders: [Realtime.Channel.Builder, Realtime.Topic.Builder] = [
    channel,
    topic,
  ];
  console.log(anyChannel, anyDefinition, anyTopic, asChannel, builders);
  console.log(topics, typeOnly);
}

export function refusals(): void {
  // @ts-expect-error: no such topic
  user("1").other({ response: "Hello" });
  // @ts-expect-error: a topic of another channel
  logs().ai({ response: "Hello" });
  // @ts-expect-error: wrong data
  user("1").ai({ response: 1 });
  // @ts-expect-error: missing data
  user("1").ai({});
  // @ts-expect-error: no data
  user("1").ai();
  // @ts-expect-error: more data than there should be
  user("1").ai({ response: "Hello", more: 1 });
  // @ts-expect-error: the output of the schema, not its input
  user("1").flag({ on: true });
  // @ts-expect-error: a stream of something else
  logs().info(new ReadableStream<number>());
  // @ts-expect-error: the definition is not the channel
  user.ai({ response: "Hello" });
  // @ts-expect-error: the channel has a parameter
  user();
  // @ts-expect-error: of another type
  user(1);
  // @ts-expect-error: the channel has none
  logs("1");
  // @ts-expect-error: not a name of such a channel
  typeOnlyChannel<typeof user>("org:1");
  // @ts-expect-error: no such topic of a channel that is known by its type
  console.log(typeOnlyChannel<typeof user>("user:1").topics.other);
  // @ts-expect-error: a channel is no topic
  const asTopic: Realtime.Topic = logs();
  // @ts-expect-error: wrong data, in the form of version 4
  chat("lobby").said({ text: 1 });
  // @ts-expect-error: no such topic, in the form of version 4
  news.other("Rain");
  // @ts-expect-error: not a topic
  channel("a").addTopic("info");
  // @ts-expect-error: not a schema
  topic("a").schema({ parse: () => 1 });
  // @ts-expect-error: not a name
  channel(1);
  // @ts-expect-error: not a name
  topic(Symbol());
  // @ts-expect-error: a channel needs this name itself
  channel("a").addTopic(topic("then"));
  // @ts-expect-error: a channel needs this name itself
  channel("a").addTopic(topic("topics").type<string>());
  // @ts-expect-error: a definition doesn't change
  user.topics.ai = topic("ai");
  // @ts-expect-error: a definition is no channel
  const asChannel: Realtime.Channel = logs;
  console.log(asChannel, asTopic);
}
