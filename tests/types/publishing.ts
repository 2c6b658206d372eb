/** Tests of the types of `publish`. This file is never run. */
import {
  channel,
  createRealtime,
  type Realtime,
  staticSchema,
  topic,
} from "../../mod.ts";
import { z } from "zod";
import {
  type Equal,
  type Expect,
  type IsAny,
  value,
} from "../support/types/type_assertions.ts";

const user = channel((userId: string) => `user:${userId}`)
  .addTopic(topic("ai").type<{ response: string }>())
  .addTopic(topic("count").schema(z.string().transform(Number)));
const realtime = createRealtime({ url: "http://localhost:8787" });

export type App = [
  Expect<Equal<IsAny<typeof realtime>, false>>,
  Expect<Equal<IsAny<typeof realtime.publish>, false>>,
  Expect<Equal<typeof realtime.publish, Realtime.PublishFn>>,
];

export async function forms(): Promise<void> {
  const { publish } = realtime;
  const published = await publish(user("1").ai({ response: "Hello" }));
  type _ = Expect<Equal<typeof published.id, string>>;
  await publish(await user("1").ai({ response: "Hello" }));
  await publish({ channel: "user:1", topic: "ai", data: { response: "Hi" } });
  await publish(user("1").ai, { response: "Hello" });
  await publish(user("1").count, "42");
  await publish(user("1").count, new ReadableStream<string>());
  await publish(user("1").count(value<AsyncIterable<string>>()));
  await publish({ channel: "a", topic: "b", data: new ReadableStream() });
  const { signal } = new AbortController();
  const options = { key: "1", runId: "01J", metadata: { a: 1 }, signal };
  await publish(user("1").ai({ response: "Hello" }), options);
  await publish(user("1").ai, { response: "Hello" }, options);
  // This is a reference as Inngest's version 4 makes it.
  const schema = staticSchema<unknown>();
  await publish({ channel: "a", topic: "b", config: { schema } }, 1);
}

export async function stoppable(): Promise<void> {
  const { publish } = realtime;
  const published = await publish(user("1").count, async function* (signal) {
    type _ = Expect<Equal<typeof signal, AbortSignal>>;
    yield await Promise.resolve(String(signal.aborted));
  });
  type _ = Expect<Equal<typeof published.stopped, true | undefined>>;
  await publish(
    user("1").count((signal) => {
      signal.throwIfAborted();
      return new ReadableStream<string>();
    }),
  );
  await publish({
    channel: "a",
    topic: "b",
    data: (_: AbortSignal) => Promise.resolve(new ReadableStream()),
  });
  // @ts-expect-error: a function of a stream of something else
  await publish(user("1").count, () => new ReadableStream<number>());
  // @ts-expect-error: the same
  await publish(user("1").count(() => new ReadableStream<number>()));
  // @ts-expect-error: a function of no stream
  await publish(user("1").count, () => "42");
}

export async function soleStreams(): Promise<void> {
  const { publish } = realtime;
  await publish(user("1").count, new ReadableStream<string>(), {
    otherStreams: "refuse",
    onStart: (publication) => {
      type _ = Expect<Equal<typeof publication.id, string>>;
    },
  });
  const stream = user("1").count(new ReadableStream<string>());
  await publish(stream, { otherStreams: "replace", onStart: async () => {} });
  await publish(stream, { otherStreams: undefined, onStart: undefined });
  // @ts-expect-error: another word
  await publish(stream, { otherStreams: "all" });
}

export async function subscribers(): Promise<void> {
  const { subscribers } = realtime;
  const count = await subscribers(user("1").ai);
  type _ = [
    Expect<Equal<IsAny<typeof count>, false>>,
    Expect<Equal<typeof count, number>>,
  ];
  await subscribers(user("1"));
  await subscribers("user:1");
  await subscribers({ channel: "user:1", topic: "ai" });
  await subscribers({ channel: user("1"), topic: "ai" });
  // @ts-expect-error: no such topic
  await subscribers({ channel: user("1"), topic: "other" });
  // @ts-expect-error: no such topic
  await subscribers(user("1").other);
  // @ts-expect-error: a definition, which is no channel until it is called
  await subscribers(user);
  // @ts-expect-error: nothing
  await subscribers();
}

export async function refusals(): Promise<void> {
  const { publish } = realtime;
  // @ts-expect-error: wrong data
  await publish(user("1").ai({ response: 1 }));
  // @ts-expect-error: wrong data
  await publish(user("1").ai, { response: 1 });
  // @ts-expect-error: missing data
  await publish(user("1").ai, {});
  // @ts-expect-error: the output of the schema, not its input
  await publish(user("1").count, 42);
  // @ts-expect-error: a stream of something else
  await publish(user("1").count, new ReadableStream<number>());
  // @ts-expect-error: no data
  await publish(user("1").ai);
  // @ts-expect-error: no such topic
  await publish(user("1").other, { response: "Hello" });
  // @ts-expect-error: no data
  await publish({ channel: "user:1", topic: "ai" });
  // @ts-expect-error: no topic
  await publish({ channel: "user:1", data: 1 });
  // @ts-expect-error: a channel in place of its name
  await publish({ channel: user("1"), topic: "ai", data: 1 });
  // @ts-expect-error: no such option
  await publish({ channel: "a", topic: "b", data: 1 }, { retries: 1 });
  // @ts-expect-error: nothing
  await publish();
}
