import { Hono } from "hono";
import type { Realtime } from "@tidings/realtime";
import {
  honoRealtime,
  type RealtimeOptions,
  type RealtimeVariables,
  tokenRoute,
} from "@tidings/realtime/middleware";
import { uploads } from "./channels.ts";
import { scan } from "./scan.ts";
import { signIn, userOf } from "./sign_in.ts";

type Site = Hono<{ Variables: RealtimeVariables }>;

/** Creates the app's own server, which takes files and mints tokens. */
export function createSite(gateway: RealtimeOptions = {}): Site {
  const site: Site = new Hono();
  site.use(signIn);
  site.use(honoRealtime(gateway));

  site.put("/api/uploads/:file", async (c) => {
    const user = userOf(c.req.raw);
    if (!user) return c.text("Sign in first", 401);
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    // Not awaited: the work continues when the page is closed.
    work(c.var.realtime, user, c.req.param("file"), bytes)
      .catch(console.error);
    return c.body(null, 202);
  });

  site.post(
    "/api/realtime-token",
    tokenRoute({
      ...gateway,
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
