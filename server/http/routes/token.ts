import { Hono } from "hono";
import { z } from "zod";
import { LIMITS } from "../../../core/protocol/limits.ts";
import type { Auth } from "../../auth/auth.ts";
import { readJson } from "../body.ts";

const BODY_BYTES = 128 * 1024;

const body = z.array(z.object({ channel: z.string(), name: z.string() }))
  .min(1).max(LIMITS.subscriptions);

/** `POST /v1/realtime/token`: mints a token, for SDKs that don't mint their own. */
export function tokenRoutes(auth: Auth): Hono {
  return new Hono().post("/token", async (c) => {
    await auth.requireSigningKey(c.req.header("authorization"));
    const topics = await readJson(
      c.req.raw,
      BODY_BYTES,
      body,
      "Cannot mint a token",
      `a list of 1 to ${LIMITS.subscriptions} {"channel","name"}`,
    );
    return c.json({ jwt: await auth.tokens.mint({ topics }) }, 201);
  });
}
