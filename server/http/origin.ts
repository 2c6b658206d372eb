import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { isLoopback } from "../../core/http/loopback.ts";
import type { GatewaySettings } from "../options.ts";
import { hostnameOf } from "../runtimes/request_head.ts";

/** The settings that decide which pages may use the gateway. */
export type OriginRules = Pick<GatewaySettings, "allowedOrigins" | "dev">;

/** Tells whether pages of an origin may use the gateway. */
export function allowsOrigin(rules: OriginRules, origin: string): boolean {
  const { allowedOrigins, dev } = rules;
  if (allowedOrigins === "*" || allowedOrigins.includes(origin)) return true;
  return dev && isLoopback(hostnameOf(origin));
}

/**
 * Creates the middleware that answers preflights and marks answers for pages of allowed origins.
 *
 * @param openPath The path whose answer any page can read, so that it learns why it is refused. A refused page gets nothing else there.
 */
export function crossOrigin(
  rules: OriginRules,
  openPath: string,
): MiddlewareHandler {
  return cors({
    origin: (origin, { req }) =>
      req.path === openPath || allowsOrigin(rules, origin) ? origin : null,
    allowMethods: ["GET", "POST"],
    allowHeaders: [
      "authorization",
      "content-type",
      "idempotency-key",
      "idempotency-ttl",
      "last-event-id",
      // OpenTelemetry adds them to what a page sends.
      "traceparent",
      "tracestate",
      "baggage",
      "x-inngest-sdk",
      "x-inngest-env",
    ],
    exposeHeaders: ["retry-after"],
    maxAge: 600,
  });
}
