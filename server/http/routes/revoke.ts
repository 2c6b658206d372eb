import { Hono } from "@hono/hono";
import { z } from "zod";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { readText } from "../body.ts";
import { parseJson } from "../../wire/json_text.ts";
import type { GatewayParts } from "../context.ts";

const BODY_BYTES = 8 * 1024;

const name = z.string().min(1).max(1024).optional();
const body = z.strictObject({ sub: name, jti: name, channel: name })
  .refine((fields) => Object.keys(fields).length > 0);

/** `POST /v1/realtime/revoke`: ends what tokens made until now granted, and refuses them from now on. */
export function revokeRoutes(parts: GatewayParts): Hono {
  return new Hono().post("/revoke", async (c) => {
    await parts.auth.requireSigningKey(c.req.header("authorization"));
    const text = await readText(c, BODY_BYTES, () =>
      new RealtimeError(
        "too_large",
        `Cannot revoke: the body is larger than ${BODY_BYTES / 1024} KiB`,
      ));
    const result = body.safeParse(parseJson(text, "the body"));
    if (!result.success) {
      throw new RealtimeError(
        "invalid_argument",
        'Cannot revoke: the body must be an object with "sub", "jti" or "channel"',
      );
    }
    parts.auth.revocations.add(result.data);
    let closed = 0;
    for (const session of parts.sessions()) {
      closed += session.subscriptions.revoke((claims) =>
        parts.auth.revocations.has(claims)
      );
    }
    return c.json({ subscriptions: closed });
  });
}
