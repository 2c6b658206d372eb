import { Hono } from "hono";
import type { AdminKey } from "../../auth/admin_key.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { adminOnly } from "../admin_only.ts";

/** `GET /metrics`: the metrics in the text format of Prometheus, for operators. */
export function metricsRoutes(adminKey: AdminKey, metrics: Metrics): Hono {
  return new Hono().get("/metrics", adminOnly(adminKey), async (c) => {
    const { text, contentType } = await metrics.read();
    return c.body(text, 200, { "content-type": contentType });
  });
}
