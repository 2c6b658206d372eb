import type { MiddlewareHandler } from "hono";
import { cors } from "hono/cors";
import { isLoopback } from "../../core/http/loopback.ts";
import type { GatewaySettings } from "../options.ts";
import { hostnameOf, type RequestHead } from "../runtimes/request_head.ts";

/** The settings that decide which pages may use the gateway. */
export type OriginRules = Pick<GatewaySettings, "allowedOrigins" | "dev">;

/** Tells whether pages of an origin may use the gateway. */
export function allowsOrigin(rules: OriginRules, origin: string): boolean {
  const { allowedOrigins, dev } = rules;
  if (allowedOrigins === "*" || allowedOrigins.includes(origin)) return true;
  return dev && isLoopback(hostnameOf(origin));
}

/**
 * Tells whether a browser says that a page of another site made it send a request that names no page, as for an image or a frame, or
 * that it loads something ahead. A user who follows a link asks for what it leads to.
 */
export function isSentUnasked(head: RequestHead): boolean {
  // Chromium calls the site of a page that it loads ahead "none", as if the user had typed its address.
  if (head.header("sec-purpose") !== undefined) return true;
  if (head.header("sec-fetch-site") !== "cross-site") return false;
  // Pages of 127.0.0.1 and localhost are of different sites, so the origin decides where there is one.
  if (head.origin !== undefined) return false;
  const isNavigation = head.method === "GET" &&
    head.header("sec-fetch-mode") === "navigate" &&
    head.header("sec-fetch-dest") === "document";
  return !isNavigation;
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
