import { Hono } from "@hono/hono";
import { z } from "zod";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { LIMITS } from "../../../core/protocol/limits.ts";
import type { Auth } from "../../auth/auth.ts";
import { readText } from "../body.ts";
import { parseJson } from "../../wire/json_text.ts";

const BODY_BYTES = 128 * 1024;

const body = z.array(z.object({ channel: z.string(), name: z.string() }))
  .min(1).max(LIMITS.subscriptions);

/** `POST /v1/realtime/token`: mints a token, for SDKs that don't mint their own. */
export function tokenRoutes(auth: Auth): Hono {
  return new Hono().post("/token", async (c) => {
    await auth.requireSigningKey(c.req.header("authorization"));
    const text = await readText(c.req.raw, BODY_BYTES, () =>
      new RealtimeError(
        "too_large",
        `Cannot mint a token: the body is larger than ${BODY_BYTES / 1024} KiB`,
      ));
    const result = body.safeParse(parseJson(text, "the body"));
    if (!result.success) {
      throw new RealtimeError(
        "invalid_argument",
        `Cannot mint a token: the body must be a list of 1 to ${LIMITS.subscriptions} {"channel","name"}`,
      );
    }
    return c.json(
      { jwt: await auth.tokens.mint({ topics: result.data }) },
      201,
    );
  });
}
