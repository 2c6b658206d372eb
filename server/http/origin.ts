import type { Context, MiddlewareHandler } from "@hono/hono";
import { cors } from "@hono/hono/cors";
import { isLoopback } from "../../core/http/loopback.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { GatewaySettings } from "../options.ts";

function hostnameOf(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : "";
}

/** Answers preflights and marks answers for pages of allowed origins. */
export function crossOrigin(settings: GatewaySettings): MiddlewareHandler {
  const handle = cors({
    origin: (origin) => allows(settings, origin) ? origin : null,
    allowMethods: ["GET", "POST"],
    allowHeaders: [
      "authorization",
      "content-type",
      "idempotency-key",
      "last-event-id",
      "x-inngest-sdk",
      "x-inngest-env",
    ],
    maxAge: 600,
  });
  // Headers set here would make a copy of a WebSocket's answer, which Deno takes only as the very object that it made.
  return (c, next) => c.req.header("upgrade") ? next() : handle(c, next);
}

/**
 * Refuses pages of other origins, which CORS alone only keeps from reading the answer. In development mode, where no
 * key stands between a page and the gateway, requests for another host are refused too: a name that was rebound to
 * this machine is one.
 */
export function sameSite(settings: GatewaySettings): MiddlewareHandler {
  return async (c: Context, next) => {
    if (settings.dev && !isLoopback(new URL(c.req.url).hostname)) {
      throw new RealtimeError(
        "forbidden",
        "Cannot answer: in development mode requests must be for localhost; set a signing key to serve others",
      );
    }
    const origin = c.req.header("origin");
    if (origin !== undefined && !allows(settings, origin)) {
      throw new RealtimeError(
        "forbidden",
        `Cannot answer a page of ${
          JSON.stringify(origin.slice(0, 200))
        }: its origin is not allowed; see --allowed-origins`,
      );
    }
    await next();
  };
}

/** Whether pages of an origin may use the gateway. */
export function allows(settings: GatewaySettings, origin: string): boolean {
  const { allowedOrigins, dev } = settings;
  if (allowedOrigins === "*" || allowedOrigins.includes(origin)) return true;
  return dev && isLoopback(hostnameOf(origin));
}
