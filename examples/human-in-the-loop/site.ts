import { Hono } from "hono";
import {
  honoRealtime,
  type RealtimeOptions,
  type RealtimeVariables,
  tokenRoute,
} from "@tidings/realtime/middleware";
import { handle, todaysClaims } from "./agent.ts";
import { refunds } from "./channels.ts";
import { signIn, userOf } from "./sign_in.ts";

type Site = Hono<{ Variables: RealtimeVariables }>;

/** Creates the app's own server, which starts the agent and mints tokens. */
export function createSite(gateway: RealtimeOptions = {}): Site {
  const site: Site = new Hono();
  site.use(signIn);
  site.use(honoRealtime(gateway));

  site.post("/api/refunds", (c) => {
    const user = userOf(c.req.raw);
    if (!user) return c.text("Sign in first", 401);
    // Not awaited: the agent continues when the page is closed.
    handle(c.var.realtime, user, todaysClaims()).catch(console.error);
    return c.body(null, 202);
  });

  site.post(
    "/api/realtime-token",
    tokenRoute({
      ...gateway,
      authorize(request) {
        const user = userOf(request);
        return user
          ? {
            channel: refunds(user),
            topics: ["approval", "decision", "outcome"],
            // The page may publish decisions, and nothing else.
            publish: ["decision"],
            sub: user,
          }
          : null;
      },
    }),
  );
  return site;
}
