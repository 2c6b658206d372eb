/** Tests of the types of sending, replying and asking. This file is never run. */
import {
  channel,
  createRealtime,
  getSubscriptionToken,
  type Realtime,
  subscribe,
  topic,
} from "../../mod.ts";
import { useRealtime, useSubscription } from "../../hooks.ts";
import { tokenRoute } from "../../middleware.ts";
import {
  createGateway,
  forwardToInngest,
  type InboundMessage,
} from "../../server/mod.ts";
import type { Inngest } from "inngest";
import type { Inngest as InngestV3 } from "inngest-v3";
import { z } from "zod";
import {
  type Equal,
  type Expect,
  type IsAny,
  value,
} from "../support/types/type_assertions.ts";

const decision = topic("decision")
  .schema(z.enum(["yes", "no"]).transform((word) => word === "yes"));
const approvals = channel((userId: string) => `approvals:${userId}`)
  .addTopic(topic("approval").type<{ text: string }>().reply(decision))
  .addTopic(topic("note").type<number>());
const otherOrder = topic("approval").reply(decision).type<string>();
const app = createRealtime({ url: "http://localhost:8787" });

type Topics = Realtime.Channel.InferTopics<typeof approvals>;
type Token = Realtime.Token<typeof approvals, ["approval", "decision"]>;
type Subscription = Realtime.Subscribe.StreamSubscription<Token>;

export type Answers = [
  // The message has the topic for the answers.
  Expect<Equal<keyof Topics, "approval" | "decision" | "note">>,
  Expect<
    Equal<Realtime.Topic.InferReply<Topics["approval"]>, typeof decision>
  >,
  Expect<Equal<Realtime.Topic.InferReply<Topics["note"]>, never>>,
  Expect<
    Equal<Realtime.Topic.InferPublish<Topics["decision"]>, "yes" | "no">
  >,
  Expect<Equal<Realtime.Topic.InferSubscribe<Topics["decision"]>, boolean>>,
  Expect<Equal<IsAny<Topics["decision"]>, false>>,
  // The order of the calls does not matter.
  Expect<
    Equal<
      Realtime.Topic.InferReply<typeof otherOrder>,
      typeof decision
    >
  >,
];

export async function grants(): Promise<Token> {
  await app.token({
    channel: approvals("1"),
    topics: ["approval"],
    publish: ["decision", { channel: "other", topic: "t" }],
  });
  await app.token({ channel: "some", topics: ["a"], publish: ["b"] });
  await app.token({
    channel: approvals("1"),
    topics: ["approval"],
    stop: ["decision", { channel: "other", topic: "t" }],
  });
  tokenRoute({
    authorize: () => ({
      channel: approvals("1"),
      topics: ["approval"],
      publish: ["decision"],
    }),
  });
  return await getSubscriptionToken(app, {
    channel: approvals("1"),
    topics: ["approval", "decision"],
    publish: ["decision"],
  });
}

export async function answers(subscription: Subscription): Promise<void> {
  for await (const message of subscription) {
    if (message.topic === "approval" && message.kind === "data") {
      message.replyTopic satisfies string | undefined;
      const id = await subscription.reply(message, "yes");
      type _ = Expect<Equal<typeof id, string>>;
      // @ts-expect-error: the output of the schema, not its input
      await subscription.reply(message, true);
      // @ts-expect-error: no answer
      await subscription.reply(message);
    } else if (message.topic === "decision") {
      message.replyTo satisfies string | undefined;
      // @ts-expect-error: an answer is no question
      await subscription.reply(message, "yes");
    }
  }
  await subscription.send("note", 1);
  await subscription.send("decision", "no");
  // @ts-expect-error: wrong data
  await subscription.send("note", "1");
  // @ts-expect-error: no such topic
  await subscription.send("other", 1);
  await using server = await subscribe({
    app,
    channel: approvals("1"),
    topics: ["approval"],
    publish: ["note"],
  });
  await server.send("note", 1);
}

export async function asks(): Promise<void> {
  const { approval, note } = approvals("1");
  const { signal } = new AbortController();
  const answer = await app.request(approval, { text: "Go?" }, {
    timeout: "1s",
    key: "1",
    signal,
  });
  type _ = Expect<Equal<typeof answer, boolean>>;
  // @ts-expect-error: wrong question
  await app.request(approval, { text: 1 });
  // @ts-expect-error: a topic that has no answers
  await app.request(note, 1);
  // @ts-expect-error: nothing asked
  await app.request(approval);
  // @ts-expect-error: no such option
  await app.request(approval, { text: "Go?" }, { kind: "event" });
}

export async function waits(): Promise<void> {
  const { approval, note } = approvals("1");
  const { id } = await app.publish(approval, { text: "Go?" }, { key: "1" });
  const { signal } = new AbortController();
  const options = { timeout: Infinity, signal };
  const answer = await app.waitForReply(approval, id, options);
  type _ = Expect<Equal<typeof answer, boolean>>;
  await app.waitForReply(approval, id);
  // @ts-expect-error: a topic that has no answers
  await app.waitForReply(note, id);
  // @ts-expect-error: no question
  await app.waitForReply(approval);
  // @ts-expect-error: the question's id, not the question
  await app.waitForReply(approval, { text: "Go?" });
  // @ts-expect-error: nothing is published, so there is no key
  await app.waitForReply(approval, id, { key: "1" });
}

export function hooks(): void {
  const { send, reply, latestData } = useSubscription({
    token: value<Token>(),
  });
  void send("note", 1);
  if (latestData?.topic === "approval") void reply(latestData, "no");
  // @ts-expect-error: wrong data
  void send("note", "1");
  const typed = useRealtime({
    channel: approvals("1"),
    topics: ["approval"],
    token: () => Promise.resolve("jwt"),
  });
  void typed.send("note", 1);
  const { last } = typed.messages;
  if (last) void typed.reply(last, "yes");
  // @ts-expect-error: wrong answer
  if (last) void typed.reply(last, 1);
  const untyped = useRealtime({ token: value<Realtime.Subscribe.Token>() });
  void untyped.send("anything", { at: "all" });
}

/** Uses code without types. */
export async function untyped(): Promise<void> {
  const subscription = await subscribe(JSON.parse("{}"));
  for await (const message of subscription) {
    await subscription.send("any", message.data);
    await subscription.reply(message, { anything: 1 });
  }
  const plain = await subscribe(value<Realtime.Subscribe.Token>());
  await plain.send("any", 1);
  await plain.reply({ topic: "any", id: "k3v9qd2m-1" }, 1);
}

export function gateways(v3: InngestV3, v4: Inngest): void {
  createGateway({
    channels: {
      "approvals:*": approvals,
      "approvals:1": approvals("1"),
      logs: channel("logs"),
    },
    onMessage(message) {
      type _ = Expect<Equal<typeof message, InboundMessage>>;
    },
  });
  createGateway({ onMessage: forwardToInngest({ client: v3 }) });
  createGateway({ onMessage: forwardToInngest({ client: v4 }) });
  // @ts-expect-error: a name is no channel
  createGateway({ channels: { logs: "logs" } });
  // @ts-expect-error: a topic is no channel
  createGateway({ channels: { logs: topic("info") } });
  // @ts-expect-error: channels are given by their names or patterns, not as a list
  createGateway({ channels: [approvals] });
}

export async function refusals(): Promise<void> {
  const channel = approvals("1");
  const topics = ["approval"] as const;
  // @ts-expect-error: no such topic
  await app.token({ channel, topics, publish: ["other"] });
  // @ts-expect-error: no such topic
  await app.token({ channel, topics, stop: ["other"] });
  // @ts-expect-error: no list
  await app.token({ channel, topics, publish: "decision" });
  // @ts-expect-error: nothing is granted by leaving it out
  await app.token({ channel, topics, publish: false });
  // @ts-expect-error: the name of a topic, not the topic
  topic("q").reply("a");
}
