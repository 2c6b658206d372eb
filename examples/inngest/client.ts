import {
  type FunctionRun,
  realtimeMiddleware,
} from "@tidings/realtime/middleware";
import { Inngest } from "inngest";
import { userChannel } from "./channels.ts";
import { logger } from "./logger.ts";

export const inngest = new Inngest({
  id: "my-app",
  logger,
  middleware: [
    realtimeMiddleware({
      // The channel to publish the status of runs to; the page shows it.
      lifecycle: ({ event }: FunctionRun) => userChannel(event.data.userId),
    }),
  ],
});
