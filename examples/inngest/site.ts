import { Hono } from "hono";
import { getSubscriptionToken } from "@tidings/realtime";
import { serve } from "inngest/edge";
import { userChannel } from "./channels.ts";
import { inngest } from "./client.ts";
import { createRecommendation } from "./functions.ts";
import { signIn, userOf } from "./sign_in.ts";

/** The app's own server. */
export const site = new Hono();

site.use(signIn);

/** The route that Inngest calls the functions with. */
const functions = serve({ client: inngest, functions: [createRecommendation] });
site.all("/api/inngest", (c) => functions(c.req.raw));

site.post("/api/recommendations", async (c) => {
  const userId = userOf(c.req.raw);
  if (!userId) return c.text("Sign in first", 401);
  const { prompt } = await c.req.json();
  await inngest.send({
    name: "ai/recommendation.requested",
    data: { userId, prompt },
  });
  return c.body(null, 202);
});

site.post("/api/get-subscribe-token", async (c) => {
  const userId = userOf(c.req.raw);
  if (!userId) return c.text("Sign in first", 401);
  const token = await getSubscriptionToken(inngest, {
    channel: userChannel(userId),
    topics: ["ai", "$run"],
  });
  return c.json({ token });
});
