/** Tests of the types of Inngest's SDKs together with ours. This file is never run. */
import {
  channel,
  createRealtime,
  getSubscriptionToken,
  subscribe,
  topic,
  typeOnlyChannel,
} from "../../mod.ts";
import { useRealtime, useStream, useSubscription } from "../../hooks.ts";
import {
  channel as channelV3,
  type Realtime as RealtimeV3,
  topic as topicV3,
} from "@inngest/realtime";
import type { Inngest } from "inngest";
import {
  channel as channelV4,
  type Realtime as RealtimeV4,
  subscribe as subscribeV4,
} from "inngest/realtime";
import { useRealtime as useRealtimeV4 } from "inngest/react";
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
const userV4 = channelV4({
  name: (userId: string) => `user:${userId}`,
  topics: {
    ai: { schema: z.object({ response: z.string() }) },
    count: { schema: z.string().transform(Number) },
  },
});
const newsV4 = channelV4({
  name: "news",
  topics: { headline: { schema: z.string() } },
});
const userV3 = channelV3((userId: string) => `user:${userId}`)
  .addTopic(topicV3("ai").type<{ response: string }>());

/** Subscribes to channels of Inngest's SDKs with `subscribe`. */
export async function theirsInOurs(
  app: Inngest,
  appV3: InngestV3,
): Promise<void> {
  const stream = await subscribe({
    app,
    channel: userV4("1"),
    topics: ["ai"],
    apiBaseUrl: "https://realtime.example.com",
    onMessage: (message) => {
      type _ = Expect<Equal<typeof message.data, { response: string }>>;
      console.log(message.data.response);
    },
    onError: (error: unknown) => console.log(error),
    validate: false,
  });
  for await (const message of stream) {
    type _ = Expect<Equal<typeof message.data, { response: string }>>;
    console.log(message.data.response);
  }
  stream.unsubscribe("done");
  const news = { app: appV3, channel: newsV4, topics: ["headline"] } as const;
  await subscribe(news, (message) => {
    type _ = [
      Expect<Equal<typeof message.data, string>>,
      Expect<Equal<typeof message.channel, "news">>,
    ];
    console.log(message.data.length);
  });
  await subscribe(
    { key: "jwt", channel: userV4("1"), topics: ["count"] },
    ({ data }) => console.log(data.toFixed()),
  );
  await subscribe(
    { channel: userV3("1"), topics: ["ai"] },
    (message) => {
      // Nothing in the types of this SDK's channels tells what subscribers receive.
      type _ = [
        Expect<IsAny<typeof message.data>>,
        Expect<Equal<typeof message.topic, "ai">>,
      ];
      console.log(message.data.response);
    },
  );
  // @ts-expect-error: no such topic
  await subscribe({ key: "jwt", channel: userV4("1"), topics: ["other"] });
  // @ts-expect-error: no such topic
  await subscribe({ key: "jwt", channel: userV3("1"), topics: ["other"] });
  // @ts-expect-error: not an app
  await subscribe({ app: {}, channel: newsV4, topics: ["headline"] });
}

/** Subscribes with tokens of Inngest's SDKs. */
export async function theirTokens(app: Inngest): Promise<void> {
  const token = await app.realtime.token({
    channel: userV4("1"),
    topics: ["ai"],
  });
  await subscribe(token, (message) => {
    type _ = Expect<Equal<typeof message.data, { response: string }>>;
    console.log(message.data.response);
  });
  type Token = RealtimeV4.Subscribe.Token<
    ReturnType<typeof userV4>,
    ["count"]
  >;
  await subscribe(value<() => Promise<Token>>(), (message) => {
    type _ = Expect<Equal<typeof message.data, number>>;
    console.log(message.data.toFixed());
  });
  await subscribe(value<RealtimeV4.Subscribe.Token>());
  await subscribe(
    value<RealtimeV3.Token<typeof userV3, ["ai"]>>(),
    ({ topic, data }) => console.log(topic satisfies "ai", data.response),
  );
  await getSubscriptionToken(createRealtime(), {
    channel: userV4("1"),
    topics: ["ai"],
  });
  await getSubscriptionToken(app, {
    channel: newsV4,
    // @ts-expect-error: no such topic
    topics: ["other"],
  });
}

/** Uses our channels with Inngest's own functions. */
export async function oursInTheirs(app: Inngest): Promise<void> {
  const target = { channel: user("1"), topics: ["ai", "count"] } as const;
  const stream = await app.realtime.subscribe({
    channel: user("1"),
    topics: ["ai", "count"],
  });
  for await (const message of stream) {
    if (message.kind === "run") continue;
    type _ = Expect<Equal<typeof message.topic, "ai" | "count">>;
    if (message.topic === "ai") console.log(message.data.response);
  }
  const only = typeOnlyChannel<typeof user>("user:1");
  await subscribeV4({ channel: only, topics: ["ai"] });
  // @ts-expect-error: no such topic
  await subscribeV4({ channel: user("1"), topics: ["other"] });
  const { messages } = useRealtimeV4(target);
  console.log(messages.byTopic.ai?.data.response);
  await app.realtime.publish(user("1").ai, { response: "Hello" });
  const input: RealtimeV4.ChannelInput = user("1");
  console.log(input);
}

/** Uses channels and tokens of Inngest's SDKs with our hooks. */
export function theirsInOurHooks(): void {
  type Token = RealtimeV4.Subscribe.Token<ReturnType<typeof userV4>, ["ai"]>;
  const fetchToken = value<() => Promise<Token>>();
  const { data, send } = useSubscription({ refreshToken: fetchToken });
  type _ = [
    Expect<Equal<(typeof data)[number]["data"], { response: string }>>,
    Expect<Equal<Parameters<typeof send>[0], "ai" | "count">>,
  ];
  const byToken = useRealtime({ token: fetchToken, reconnectMin: "100ms" });
  console.log(byToken.messages.byTopic.ai?.topic, data);
  const byChannel = useRealtime({
    channel: userV4("1"),
    topics: ["count"],
    token: value<() => Promise<RealtimeV4.Subscribe.ClientToken>>(),
    reconnectMax: "5s",
  });
  byChannel.messages.last?.data satisfies number | undefined;
  // @ts-expect-error: a topic that was not asked for
  console.log(byChannel.messages.byTopic.ai);
  useRealtime({ channel: userV3("1"), topics: ["ai"], token: "jwt" });
  useStream("ai", { channel: userV4("1"), token: fetchToken });
}
