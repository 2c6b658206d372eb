import {
  type FunctionRun,
  realtimeMiddleware,
} from "@tidings/realtime/middleware";
import { Inngest } from "inngest";
import { userChannel } from "./channels.ts";

export const inngest = new Inngest({
  id: "my-app",
  middleware: [
    realtimeMiddleware({
      // Where to tell how runs stand: the page shows it.
      lifecycle: ({ event }: FunctionRun) => userChannel(event.data.userId),
    }),
  ],
});
