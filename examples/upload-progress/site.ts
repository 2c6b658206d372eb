import { type Context, Hono, type Next } from "@hono/hono";
import { setCookie } from "@hono/hono/cookie";
import type { Realtime } from "@tidings/realtime";
import { honoRealtime, tokenRoute } from "@tidings/realtime/middleware";
import { uploads } from "./channels.ts";
import { scan } from "./scan.ts";

/** The app's own server: it takes files and hands out tokens. */
export function createSite(gatewayUrl: string): Hono {
  const site = new Hono();

  site.use(signIn).use(honoRealtime({ url: gatewayUrl }))
    .put("/api/uploads/:file", async (c) => {
      const user = userOf(c.req.raw);
      if (!user) return c.text("Sign in first", 401);
      const bytes = new Uint8Array(await c.req.arrayBuffer());
      // Not awaited: the work goes on when the page is gone.
      work(c.var.realtime, user, c.req.param("file"), bytes)
        .catch(console.error);
      return c.body(null, 202);
    });

  site.post(
    "/api/realtime-token",
    tokenRoute({
      url: gatewayUrl,
      authorize(request) {
        const user = userOf(request);
        if (!user) return null;
        return { channel: uploads(user), topics: ["progress", "done"] };
      },
    }),
  );
  return site;
}

async function work(
  realtime: { publish: Realtime.PublishFn },
  user: string,
  file: string,
  bytes: Uint8Array,
): Promise<void> {
  const { progress, done } = uploads(user);
  const sha256 = await scan(
    bytes,
    (percent) => realtime.publish(progress({ file, percent })),
  );
  await realtime.publish(done({ file, bytes: bytes.length, sha256 }));
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
