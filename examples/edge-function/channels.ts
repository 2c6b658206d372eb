import { channel, topic } from "@tidings/realtime";

/** One channel for everybody: where visitors say hello. */
export const lobby = channel("lobby")
  .addTopic(topic("hello").type<{ greeting: string; from: string }>());
