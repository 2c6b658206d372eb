const TOPICS = Array.from({ length: 10 }, (_, i) => i);

/**
 * The source of a module with a channel of ten topics. A used one has zod
 * schemas for half of them, is published to and subscribed to.
 */
export function channelModule(
  number: number,
  { isUsed }: { readonly isUsed: boolean },
): string {
  const channel = `
export const channel${number} = channel((id: string) => \`channel${number}:\${id}\`)
  ${TOPICS.map((i) => topicSource(i, isUsed && i % 2 === 1)).join("\n  ")};
`;
  if (!isUsed) {
    return `import { channel, topic } from "@tidings/realtime";\n${channel}`;
  }
  return `
import { channel, createRealtime, getSubscriptionToken, subscribe, topic } from "@tidings/realtime";
import type { Realtime } from "@tidings/realtime";
import { z } from "zod";
${channel}
export type Token = Realtime.Token<typeof channel${number}, ["topic0", "topic1"]>;

export async function use(app: ReturnType<typeof createRealtime>): Promise<number> {
  const one = channel${number}("1");
  ${TOPICS.map((i) => publishSource(i, i % 2 === 1)).join("\n  ")}
  const token = await getSubscriptionToken(app, {
    channel: one,
    topics: ["topic0", "topic1"],
  });
  let sum = 0;
  for await (const message of await subscribe(token)) {
    if (message.topic === "topic0") sum += message.data.n0;
    else sum += message.data.n1;
  }
  return sum;
}
`;
}

function topicSource(i: number, hasSchema: boolean): string {
  return hasSchema
    ? `.addTopic(topic("topic${i}").schema(z.object({ n${i}: z.number() })))`
    : `.addTopic(topic("topic${i}").type<{ n${i}: number; text: string }>())`;
}

function publishSource(i: number, hasSchema: boolean): string {
  const text = hasSchema ? "" : ', text: "a"';
  return `await app.publish(one.topic${i}({ n${i}: ${i}${text} }));`;
}
