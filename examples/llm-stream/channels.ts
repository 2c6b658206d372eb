import { channel, topic } from "@tidings/realtime";

/** A user's chat: questions are messages, each answer is a data stream. */
export const chat = channel((userId: string) => `chat:${userId}`)
  .addTopic(topic("question").type<string>())
  .addTopic(topic("answer").type<string>());
