import { Hono } from "hono";
import { z } from "zod";
import type { Auth } from "../../auth/auth.ts";
import { readJson } from "../body.ts";

const BODY_BYTES = 8 * 1024;

const name = z.string().min(1).max(1024).optional();
const body = z.strictObject({ subject: name, jti: name, channel: name })
  .refine((fields) => Object.keys(fields).length > 0);

/** `POST /v1/realtime/revoke`: refuses the tokens that were made until now, at every gateway, and ends the subscriptions that they opened. */
export function revokeRoutes(auth: Auth): Hono {
  return new Hono().post("/revoke", async (c) => {
    await auth.requireSigningKey(c.req.header("authorization"));
    const revocation = await readJson(
      c.req.raw,
      BODY_BYTES,
      body,
      "Cannot revoke",
      'an object with "subject", "jti" or "channel"',
    );
    return c.json({ subscriptions: await auth.revocations.revoke(revocation) });
  });
}
