import { assertEquals } from "@std/assert";
import { describe, it } from "@std/testing/bdd";
import { checkTypes } from "../support/types/type_check.ts";

/** Programs that name the types of Inngest's SDKs. */
const PROGRAMS = {
  "inngest/realtime": `
    import { z } from "zod";

    const schema = z.object({ text: z.string() });
    type Topics = { said: { schema: typeof schema } };
    type Chat = Realtime.ChannelInstance<"chat", Topics>;
    type Token = Realtime.Subscribe.Token<Chat, ["said"]>;
    export type Names = [
      Realtime.ChannelInput,
      Realtime.ChannelInstance,
      Realtime.ChannelDef,
      Realtime.ChannelDef<(room: string) => \`chat:\${string}\`, Topics>,
      Realtime.TopicConfig,
      Realtime.TopicsConfig,
      Realtime.TopicRef,
      Realtime.TopicAccessors<"chat", Topics>,
      Realtime.Message,
      Realtime.Message.Input,
      Realtime.Message.Raw<"chat", Topics>,
      Realtime.Channel.InferTopics<Chat>,
      Realtime.Subscribe.Token,
      Realtime.Subscribe.StreamSubscription<Token>,
      Realtime.Subscribe.Token.InferChannel<Token>,
      Realtime.Subscribe.Token.InferTopicData<Token>,
      Realtime.Subscribe.Token.InferMessage<Token>,
    ];

    export const publish: Realtime.TypedPublishFn = async (topic, data) => {
      await Promise.resolve([topic.channel, topic.topic, topic.config.schema, data]);
    };
    export async function said(topic: Realtime.TopicRef<{ text: string }>): Promise<void> {
      await publish(topic, { text: "Hello" });
    }
    export const data: Realtime.InferTopicData<Topics["said"]> = { text: "Hello" };
    // @ts-expect-error: data of another type
    export const other: Realtime.InferTopicData<Topics["said"]> = { text: 1 };
    export const received: Realtime.Subscribe.InferTopicSubscribeData<Topics["said"]> = data;
    export const name: Realtime.Channel.InferId<Chat> = "chat";
    export const show: Realtime.Subscribe.Callback<Token> = ({ kind, data }) => {
      if (kind === "data") console.log(data.text);
    };
    export function text(message: Realtime.Message<"chat", Topics>): string {
      return message.kind === "data" ? message.data.text : "";
    }
    export function stop(
      stream: Realtime.Subscribe.StreamSubscription,
      callback: Realtime.Subscribe.CallbackSubscription,
    ): void {
      for (const subscription of [stream, callback]) {
        subscription.close("done");
        subscription.unsubscribe();
      }
    }
    export function keyOf({ key, apiBaseUrl }: Realtime.Subscribe.ClientToken): string {
      return key + (apiBaseUrl ?? "");
    }
  `,
  "@inngest/realtime": `
    import { channel, topic } from "PACKAGE";

    const user = channel((id: string) => \`user:\${id}\`)
      .addTopic(topic("ai").type<{ text: string }>());
    export function nameOf(topic: Realtime.Topic): typeof topic {
      return topic;
    }
    nameOf(user("1").ai);
    export const definition: Realtime.Topic.Definition = user.topics.ai;
    export const anyChannel: Realtime.Channel = user("1");
    export type Names = [
      Realtime.Token<typeof user, ["ai"]>,
      Realtime.Subscribe.Token,
      Realtime.Subscribe.StreamSubscription,
      Realtime.Subscribe.Callback,
      Realtime.Message,
      Realtime.Message.Input,
      Realtime.Message.Raw,
      Realtime.PublishFn,
      Realtime.Channel.Definition,
      Realtime.Channel.Builder,
      Realtime.Topic.Builder,
      Realtime.Topic.InferPublish<typeof definition>,
      Realtime.Topic.InferSubscribe<typeof definition>,
    ];
    // @ts-expect-error: a channel is no topic
    nameOf(user("1"));
  `,
};

/** The programs, with the types of the SDK and with those of this package. */
const SOURCES = Object.entries(PROGRAMS).flatMap(([sdk, program], index) =>
  [sdk, "@tidings/realtime"].map((name) => ({
    title: `the types of ${sdk} imported from ${name}`,
    path: `tests/named_${index}_${name.replaceAll(/\W/g, "_")}.ts`,
    text: `import type { Realtime } from "${name}";\n${program}`
      .replace("PACKAGE", name),
  }))
);

describe("a program that names the types of Inngest's SDKs", () => {
  // The compiler runs outside of the test, because it may need longer than a test's time limit.
  const problems = checkTypes({
    sources: Object.fromEntries(SOURCES.map(({ path, text }) => [path, text])),
  });

  for (const { title, path } of SOURCES) {
    it(`compiles with ${title}`, () => {
      assertEquals(problems.filter(({ file }) => file === path), []);
    });
  }
});
