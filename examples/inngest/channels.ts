import { channel, topic } from "@tidings/realtime";
import type { RunUpdate } from "@tidings/realtime/middleware";
import { z } from "zod";

/** Log lines, for operators. */
export const logsChannel = channel("logs").addTopic(
  topic("info").type<string>(),
);

/** Messages for one user. */
export const userChannel = channel((userId: string) => `user:${userId}`)
  .addTopic(
    topic("ai").schema(
      z.object({
        response: z.string(),
        // The schema transforms: publishers give a number, subscribers get a boolean.
        success: z.number().transform(Boolean),
      }),
    ),
  )
  // The status of the user's runs, published by realtimeMiddleware.
  .addTopic(topic("$run").type<RunUpdate>());
