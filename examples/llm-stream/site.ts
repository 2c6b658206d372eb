import { type Context, Hono, type Next } from "@hono/hono";
import { setCookie } from "@hono/hono/cookie";
import { honoRealtime, tokenRoute } from "@tidings/realtime/middleware";
import { chat } from "./channels.ts";
import { complete } from "./llm.ts";

/** The app's own server: it takes questions and hands out tokens. */
export function createSite(gatewayUrl: string): Hono {
  const site = new Hono();

  site.use(signIn).use(honoRealtime({ url: gatewayUrl }))
    .post("/api/ask", async (c) => {
      const { realtime } = c.var;
      const mine = chat(userOf(c.req.raw) ?? "");
      const { question } = await c.req.json();
      await realtime.publish(mine.question(question));
      // Not awaited: the answer goes to the channel, whether the page that asked is still there or not.
      realtime.publish(mine.answer(complete(question))).catch(console.error);
      return c.body(null, 202);
    });

  site.get(
    "/api/realtime-token",
    tokenRoute({
      url: gatewayUrl,
      authorize(request, { topics }) {
        const user = userOf(request);
        return user ? { channel: chat(user), topics } : null;
      },
    }),
  );
  return site;
}

/** Stands in for your sign-in: who has no name yet is given one. */
async function signIn(c: Context, next: Next): Promise<void> {
  if (!userOf(c.req.raw)) {
    setCookie(c, "user", crypto.randomUUID(), { httpOnly: true });
  }
  await next();
}

function userOf(request: Request): string | undefined {
  return /\buser=([\w-]+)/.exec(request.headers.get("cookie") ?? "")?.[1];
}
