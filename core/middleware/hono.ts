import type { MiddlewareHandler } from "@hono/hono";
import type { RealtimeApp } from "../types.ts";
import { appOf, type RealtimeOptions } from "./app.ts";

/** What {@linkcode honoRealtime} adds to a Hono context's variables. */
export interface RealtimeVariables {
  /** Publishes, and makes tokens. */
  realtime: RealtimeApp;
}

/** The middleware, for a Hono app of any copy of the package: apps and this module may have one each. */
export type HonoRealtime =
  & ((
    context: { set(name: "realtime", value: RealtimeApp): void },
    next: () => Promise<void>,
  ) => Promise<void>)
  & MiddlewareHandler<{ Variables: RealtimeVariables }>;

/**
 * The middleware that gives Hono handlers `c.var.realtime`, with `publish` and `token`. Where the types of a chained call
 * don't carry it, name it once: `new Hono<{ Variables: RealtimeVariables }>()`.
 *
 * @param options Where the gateway is.
 *
 * @example
 * ```ts
 * import { Hono } from "@hono/hono";
 * import { honoRealtime } from "@tidings/realtime/middleware";
 *
 * const app = new Hono().use(honoRealtime()).post("/greet/:id", async (c) => {
 *   const channel = `user:${c.req.param("id")}`;
 *   const { id } = await c.var.realtime.publish({ channel, topic: "ai", data: "Hello" });
 *   return c.json({ id });
 * });
 * ```
 */
export function honoRealtime(options: RealtimeOptions = {}): HonoRealtime {
  const app = appOf(options);
  const handler: HonoRealtime = async (
    context: { set(name: "realtime", value: RealtimeApp): void },
    next: () => Promise<void>,
  ) => {
    context.set("realtime", app);
    await next();
  };
  return handler;
}
