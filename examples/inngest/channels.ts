import { channel, topic } from "@tidings/realtime";
import type { RunUpdate } from "@tidings/realtime/middleware";
import { z } from "zod";

/** What the operators read. */
export const logsChannel = channel("logs").addTopic(
  topic("info").type<string>(),
);

/** What one user reads. */
export const userChannel = channel((userId: string) => `user:${userId}`)
  .addTopic(
    topic("ai").schema(
      z.object({
        response: z.string(),
        // Transforms: what is published is a number, what subscribers get a boolean.
        success: z.number().transform(Boolean),
      }),
    ),
  )
  // How the user's runs stand: realtimeMiddleware publishes it.
  .addTopic(topic("$run").type<RunUpdate>());
