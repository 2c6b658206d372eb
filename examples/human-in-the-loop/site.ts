import type { RealtimeApp } from "@tidings/realtime";
import { tokenRoute } from "@tidings/realtime/middleware";
import { Hono } from "hono";
import { type Agent, todaysClaims } from "./agent.ts";
import { refunds } from "./channels.ts";
import { signIn, userOf } from "./sign_in.ts";

/** Creates the app's own server, which gives the agent work and mints tokens. */
export function createSite(agent: Agent, realtime: RealtimeApp): Hono {
  const site = new Hono();
  site.use("/", signIn);
  site.use("/api/*", signIn);

  site.post("/api/refunds", (c) => {
    const user = userOf(c.req.raw);
    if (!user) return c.text("Sign in first", 401);
    // Not awaited: the agent continues when the page is closed.
    agent.handle(user, todaysClaims()).catch(console.error);
    return c.body(null, 202);
  });

  site.post(
    "/api/realtime-token",
    tokenRoute({
      realtime,
      authorize(request) {
        const user = userOf(request);
        return user
          ? {
            channel: refunds(user),
            topics: ["approval", "decision", "outcome"],
            // The page may publish decisions, and nothing else.
            publish: ["decision"],
            subject: user,
          }
          : null;
      },
    }),
  );
  return site;
}
