import type { RealtimeApp } from "../core/types/realtime.ts";
import { appOf, type RealtimeOptions } from "./app.ts";

/** The variables that {@linkcode honoRealtime} adds to a Hono context: `new Hono<{ Variables: RealtimeVariables }>()`. */
export interface RealtimeVariables {
  /** The app, which publishes and mints tokens. */
  realtime: RealtimeApp;
}

/** The middleware. It fits every copy of the Hono package: the app and this module may have different ones. */
export type HonoRealtime = (
  context: { set(name: "realtime", value: RealtimeApp): void },
  next: () => Promise<void>,
) => Promise<void>;

/**
 * Makes a middleware that gives Hono handlers the app as `c.var.realtime`.
 *
 * @example
 * ```ts
 * import { Hono } from "hono";
 * import { honoRealtime, type RealtimeVariables } from "@tidings/realtime/middleware";
 *
 * const app = new Hono<{ Variables: RealtimeVariables }>();
 * app.use(honoRealtime());
 * app.post("/greet/:id", async (c) => {
 *   const channel = `user:${c.req.param("id")}`;
 *   const { id } = await c.var.realtime.publish({ channel, topic: "ai", data: "Hello" });
 *   return c.json({ id });
 * });
 * ```
 */
export function honoRealtime(options: RealtimeOptions = {}): HonoRealtime {
  const app = appOf(options);
  return async (context, next) => {
    context.set("realtime", app);
    await next();
  };
}
