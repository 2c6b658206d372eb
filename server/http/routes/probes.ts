import { Hono } from "hono";
import type { Broker } from "../../brokers/broker.ts";
import type { Admission } from "../admission.ts";

/**
 * `GET /livez`: the process answers. `GET /readyz`: it takes traffic, so it doesn't drain and its broker is there. An orchestrator restarts
 * a process by the first, and routes by the second: to restart gateways helps no broker.
 */
export function probeRoutes(broker: Broker, admission: Admission): Hono {
  return new Hono()
    .get("/livez", (c) => c.json({ status: "ok" }))
    .get("/readyz", async (c) => {
      const problem = admission.isDraining
        ? "the gateway drains"
        : await problemOf(broker);
      if (problem === undefined) return c.json({ status: "ok" });
      const message = `Cannot take traffic: ${problem}`;
      c.header("retry-after", "1");
      return c.json({ error: { code: "unavailable", message } }, 503);
    });
}

async function problemOf(broker: Broker): Promise<string | undefined> {
  const { ok, detail } = await broker.health();
  if (ok) return undefined;
  const reason = detail === undefined ? "" : `: ${detail}`;
  return `the broker "${broker.name}" can't be used${reason}`;
}
