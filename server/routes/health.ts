import { Hono } from "@hono/hono";
import { VERSION } from "../../core/version.ts";
import type { GatewayParts } from "./context.ts";

/** `GET /health`: 200 while the broker is usable, 503 when it is not. */
export function healthRoutes(parts: GatewayParts): Hono {
  return new Hono().get("/health", async (c) => {
    const { broker } = parts.hub;
    const { ok, detail } = await broker.health();
    return c.json({
      status: ok ? "ok" : "unavailable",
      version: VERSION,
      broker: broker.name,
      ...(detail === undefined ? {} : { detail }),
      connections: parts.sessions().length,
      channels: parts.hub.size,
    }, ok ? 200 : 503);
  });
}
