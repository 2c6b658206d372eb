import { Hono } from "@hono/hono";
import { VERSION } from "../../../core/protocol/version.ts";
import type { GatewayParts } from "../context.ts";

/** `GET /health`: 200 while the broker is usable, 503 when it is not or the gateway drains. */
export function healthRoutes(parts: GatewayParts): Hono {
  return new Hono().get("/health", async (c) => {
    const { broker } = parts.hub;
    const { ok, detail } = await broker.health();
    const { draining } = parts.state;
    return c.json({
      status: draining ? "draining" : ok ? "ok" : "unavailable",
      version: VERSION,
      broker: broker.name,
      ...(detail === undefined ? {} : { detail }),
      connections: parts.sessions().length,
      channels: parts.hub.size,
    }, ok && !draining ? 200 : 503);
  });
}
