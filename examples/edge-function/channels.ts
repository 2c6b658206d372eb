import { channel, topic } from "@tidings/realtime";

/** One channel for all visitors, where they say hello. */
export const lobby = channel("lobby")
  .addTopic(topic("hello").type<{ greeting: string; from: string }>());
