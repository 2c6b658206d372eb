import { channel, topic } from "@tidings/realtime";
import { z } from "zod";

/** A user's uploads: the progress of each file, and the result. */
export const uploads = channel((userId: string) => `uploads:${userId}`)
  .addTopic(
    topic("progress").schema(
      z.object({ file: z.string(), percent: z.number().min(0).max(100) }),
    ),
  )
  .addTopic(
    topic("done").schema(
      z.object({ file: z.string(), bytes: z.number(), sha256: z.string() }),
    ),
  );
