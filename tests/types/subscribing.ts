/** Tests of the types of tokens and `subscribe`. This file is never run. */
import {
  channel,
  createRealtime,
  getSubscriptionToken,
  type Realtime,
  subscribe,
  topic,
  typeOnlyChannel,
} from "../../mod.ts";
import type { Inngest } from "inngest";
import type { Inngest as InngestV3 } from "inngest-v3";
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
const app = createRealtime({ url: "http://localhost:8787" });

type AiToken = Realtime.Token<typeof user, ["ai"]>;
type BothToken = Realtime.Token<typeof user, ["ai", "count"]>;
type Message = Realtime.Subscribe.Token.InferMessage<BothToken>;
type AiMessage = Extract<Message, { topic: "ai" }>;
type CountMessage = Extract<Message, { topic: "count" }>;

export type Tokens = [
  Expect<Equal<IsAny<AiToken>, false>>,
  Expect<Equal<AiToken["channel"], `user:${string}`>>,
  Expect<Equal<AiToken["topics"], ["ai"]>>,
  Expect<Equal<Realtime.Token<ReturnType<typeof user>, ["ai"]>, AiToken>>,
];

export type Messages = [
  Expect<Equal<IsAny<Message>, false>>,
  Expect<Equal<Message["topic"], "ai" | "count">>,
  Expect<Equal<Message["channel"], `user:${string}`>>,
  Expect<Equal<AiMessage["data"], { response: string }>>,
  Expect<Equal<CountMessage["data"], number>>,
  Expect<Equal<IsAny<AiMessage["data"]>, false>>,
  Expect<Equal<IsAny<CountMessage["data"]>, false>>,
  Expect<Equal<Message["id"], string>>,
  Expect<Equal<Message["createdAt"], Date>>,
  Expect<
    Equal<
      Message["kind"],
      | "data"
      | "run"
      | "step"
      | "event"
      | "datastream-start"
      | "chunk"
      | "datastream-end"
    >
  >,
  Expect<
    Equal<
      Extract<CountMessage, { streamId: string }>["stream"],
      ReadableStream<number>
    >
  >,
  Expect<Equal<Realtime.Message.Raw["id"], string>>,
];

/** The type of a token has its channel and topics, also if the channel is given by its name. */
export async function fetchToken(userId: string): Promise<AiToken> {
  return await getSubscriptionToken(app, {
    channel: `user:${userId}`,
    topics: ["ai"],
  });
}

export async function tokens(): Promise<AiToken[]> {
  const one = await getSubscriptionToken(app, {
    channel: user("1"),
    topics: ["ai"],
    expiresIn: 10,
  });
  const two = await getSubscriptionToken(app, {
    channel: typeOnlyChannel<typeof user>("user:1"),
    topics: ["ai"],
  });
  const three = await app.token({ channel: user("1"), topics: ["ai"] });
  const args = { channel: user("1"), topics: ["ai"] } as const;
  const four = await getSubscriptionToken(value<Inngest>(), args);
  const five = await getSubscriptionToken(value<InngestV3>(), args);
  // This type is for any channel and topics, and a typed token is assignable to it.
  const all: Realtime.Subscribe.Token[] = [one, two, three, four, five];
  console.log(all);
  return [one, two, three, four, five];
}

export async function iterates(): Promise<void> {
  const stream = await subscribe(value<BothToken>());
  for await (const message of stream) {
    type _ = Expect<Equal<typeof message, Message>>;
    if (message.topic === "ai") {
      type _ = Expect<Equal<typeof message.data, { response: string }>>;
      console.log(message.data.response);
    } else console.log(message.data.toFixed());
    if (message.kind === "chunk") console.log(message.streamId);
  }
}

export async function reads(): Promise<void> {
  await using stream = await subscribe(() => fetchToken("1"));
  const asStream: ReadableStream = stream;
  const { value: read } = await stream.getReader().read();
  type _ = [
    Expect<Equal<NonNullable<typeof read>["data"], { response: string }>>,
    Expect<Equal<IsAny<typeof read>, false>>,
  ];
  const { value: json } = await stream.getJsonStream().getReader().read();
  json?.data.response satisfies string | undefined;
  new Response(stream.getEncodedStream());
  await stream.close();
  console.log(asStream);
}

export async function calls(): Promise<void> {
  await subscribe(value<AiToken>(), (message) => {
    type _ = Expect<Equal<typeof message.data, { response: string }>>;
    console.log(message.data.response);
  });
  await subscribe({ app, channel: user("1"), topics: ["count"] }, {
    onMessage: (message) => {
      type _ = Expect<Equal<typeof message.data, number>>;
      console.log(message.data);
    },
    onError: (error) => console.log(error.code, error.issues),
    onGap: ({ channel, after, before }) => console.log(channel, after, before),
    from: { last: 10 },
    signal: new AbortController().signal,
    validate: false,
    multiplex: false,
  });
  for (const from of ["live", "start", "k3v9qd2m-41"]) {
    await subscribe(value<AiToken>(), { from });
  }
  const handle: Realtime.Subscribe.Callback<AiToken> = async ({ data }) => {
    await Promise.resolve(data.response);
  };
  await subscribe(value<AiToken>(), handle);
  const kept: Realtime.Subscribe.StreamSubscription<AiToken> = await subscribe(
    value<AiToken>(),
  );
  console.log(kept);
}

/** Subscribes with a token in each of its forms. */
export async function forms(): Promise<void> {
  const token = value<AiToken>();
  for (
    const stream of [
      await subscribe({ token }),
      await subscribe(() => token),
      await subscribe(() => ({ token })),
      await subscribe(() => Promise.resolve({ token })),
      // The JSON of a response has no type of its own.
      await subscribe<AiToken>(() => fetch("/api/realtime-token")),
      await subscribe<AiToken>(await fetch("/api/realtime-token")),
    ]
  ) {
    for await (const { data } of stream) {
      type _ = Expect<Equal<typeof data, { response: string }>>;
    }
  }
  const untyped = await subscribe(() => fetch("/api/realtime-token"));
  for await (const { topic, data } of untyped) {
    type _ = [
      Expect<Equal<typeof topic, string>>,
      Expect<Equal<IsAny<typeof data>, true>>,
    ];
    console.log(topic, data.anything);
  }
}

/** Uses the channels of this package with Inngest's own functions. */
export async function withInngest(inngest: Inngest): Promise<void> {
  await inngest.realtime.publish(user("1").ai, { response: "Hello" });
}

/** Uses code without types. */
export async function untyped(): Promise<void> {
  const token = JSON.parse("{}");
  for await (const message of await subscribe(token)) {
    console.log(message.data.anything, message.topic);
  }
  await subscribe({ app, channel: "user:1", topics: ["ai"] }, (message) => {
    type _ = Expect<Equal<typeof message.topic, "ai">>;
    console.log(message.data.anything);
  });
  const plain = value<Realtime.Subscribe.Token>();
  await subscribe(plain, ({ channel, topic, data }) => {
    console.log(channel, topic, data.anything);
  });
}

export async function refusals(): Promise<AiToken[]> {
  const channel = user("1");
  // @ts-expect-error: no such topic
  await subscribe({ app, channel, topics: ["other"] });
  // @ts-expect-error: no such topic
  await getSubscriptionToken(app, { channel, topics: ["ai", "other"] });
  // @ts-expect-error: no topics
  await getSubscriptionToken(app, { channel });
  // @ts-expect-error: the definition in place of the channel
  await getSubscriptionToken(app, { channel: user, topics: ["ai"] });
  // @ts-expect-error: not an app
  await getSubscriptionToken({}, { channel, topics: ["ai"] });
  // The error stands at the topic or the channel, not at the call.
  await subscribe({
    app,
    channel,
    // @ts-expect-error: no such topic
    topics: ["ai", "other"],
  });
  await subscribe({
    app,
    // @ts-expect-error: the definition in place of the channel
    channel: user,
    topics: ["ai"],
  });
  // @ts-expect-error: nothing
  await subscribe();
  // @ts-expect-error: a JWT is not a token with its channel and topics
  await subscribe("eyJ");
  // @ts-expect-error: a JWT in an object is not a token either
  await subscribe({ token: "eyJ" });
  // @ts-expect-error: the function returns no token
  await subscribe(() => Promise.resolve({ jwt: "eyJ" }));
  // @ts-expect-error: where to start is no number
  await subscribe(value<AiToken>(), { from: 1 });
  await subscribe(value<BothToken>(), (message) => {
    // @ts-expect-error: not before the topic is known
    console.log(message.data.response);
    // @ts-expect-error: no such topic
    console.log(message.topic === "other");
  });
  // @ts-expect-error: the data have no such property
  await subscribe(value<AiToken>(), ({ data }) => console.log(data.other));

  // @ts-expect-error: no such topic
  type NoTopic = Realtime.Token<typeof user, ["other"]>;
  // @ts-expect-error: not a channel
  type NoChannel = Realtime.Token<string, ["ai"]>;
  console.log(value<NoTopic>(), value<NoChannel>());

  const org = { channel: "org:1", topics: ["ai"] } as const;
  const count = { channel: "user:1", topics: ["count"] } as const;
  return [
    // @ts-expect-error: of another channel
    await getSubscriptionToken(app, org),
    // @ts-expect-error: of another topic
    await getSubscriptionToken(app, count),
  ];
}
