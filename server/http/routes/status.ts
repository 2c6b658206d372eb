import { Hono } from "hono";
import { PROTOCOL } from "../../../core/protocol/frames.ts";
import { type Admission, STATUS_PATH } from "../admission.ts";

/**
 * `GET /v1/realtime/status`: tells a client that can't connect that a gateway is here, its protocol, and whether it drains. It needs no
 * credential, and asks no broker, because many clients may ask at once.
 */
export function statusRoutes(admission: Admission): Hono {
  return new Hono().get(STATUS_PATH, (c) => {
    const about = { name: "tidings", protocol: PROTOCOL };
    if (!admission.isDraining) return c.json({ ...about, status: "ok" });
    const left = admission.drainsUntil - performance.now();
    const drains_ms = Math.max(0, Math.round(left));
    return c.json({ ...about, status: "draining", drains_ms });
  });
}
