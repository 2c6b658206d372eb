import { Hono } from "hono";
import { VERSION } from "../../../core/protocol/version.ts";
import type { Hub } from "../../fan_out/hub.ts";
import type { OpenSessions } from "../../sessions/open_sessions.ts";
import type { Admission } from "../admission.ts";

/** `GET /health`: 200 while the broker is usable, 503 while it is not or the gateway drains. */
export function healthRoutes(
  hub: Hub,
  sessions: OpenSessions,
  admission: Admission,
): Hono {
  return new Hono().get("/health", async (c) => {
    const { isDraining } = admission;
    const { ok, detail } = await hub.broker.health();
    const usable = ok ? "ok" : "unavailable";
    const takesTraffic = ok && !isDraining;
    if (!takesTraffic) c.header("retry-after", "1");
    return c.json({
      status: isDraining ? "draining" : usable,
      version: VERSION,
      broker: hub.broker.name,
      detail,
      connections: sessions.size,
      channels: hub.size,
    }, takesTraffic ? 200 : 503);
  });
}
