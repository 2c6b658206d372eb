import { Hono } from "hono";
import {
  honoRealtime,
  type RealtimeOptions,
  type RealtimeVariables,
  tokenRoute,
} from "@tidings/realtime/middleware";
import { chat } from "./channels.ts";
import { complete } from "./llm.ts";
import { signIn, userOf } from "./sign_in.ts";

type Site = Hono<{ Variables: RealtimeVariables }>;

/** Creates the app's own server, which takes questions and mints tokens. */
export function createSite(
  gateway: RealtimeOptions = {},
  model = complete,
): Site {
  const site: Site = new Hono();
  site.use(signIn);
  site.use(honoRealtime(gateway));

  site.post("/api/ask", async (c) => {
    const user = userOf(c.req.raw);
    if (!user) return c.text("Sign in first", 401);
    const { realtime } = c.var;
    const mine = chat(user);
    const { question } = await c.req.json();
    await realtime.publish(mine.question(question));
    // Not awaited: the answer goes to the channel, even if the page that asked is closed.
    realtime.publish(mine.answer, (signal) => model(question, signal))
      .catch(console.error);
    return c.body(null, 202);
  });

  site.get(
    "/api/realtime-token",
    tokenRoute({
      ...gateway,
      authorize(request, { topics }) {
        const user = userOf(request);
        if (!user) return null;
        const { name } = chat(user);
        return { channel: name, topics, stop: ["answer"] };
      },
    }),
  );
  return site;
}
