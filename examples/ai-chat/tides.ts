import { type InferUITools, tool, type UIMessage } from "ai";
import { z } from "zod";

/** The tools that the model may call. */
export const tools = {
  tideTable: tool({
    description: "Looks up when the water is high and low at a port today",
    inputSchema: z.object({ port: z.string() }),
    execute: ({ port }) => ({ port, tides: TIDES }),
  }),
};

/** A message of a chat, with the model's calls of the tools. */
export type ChatMessage = UIMessage<
  never,
  never,
  InferUITools<typeof tools>
>;

/** Stands in for a tide table: it is the same at each port, on each day. */
const TIDES = [
  { time: "03:41", tide: "high", metres: 6.4 },
  { time: "10:52", tide: "low", metres: 0.9 },
  { time: "16:05", tide: "high", metres: 6.2 },
  { time: "23:14", tide: "low", metres: 1.1 },
] as const;
