import { Hono } from "@hono/hono";
import { getLogger } from "@logtape/logtape";
import { RealtimeError } from "../core/protocol/errors.ts";
import { Auth } from "./auth/auth.ts";
import {
  ClientPublisher,
  type ClientRules,
} from "./publish/client_publisher.ts";
import { type DrainOptions, drainSessions } from "./sessions/drain.ts";
import { Hub } from "./fan_out/hub.ts";
import { MessageCallback } from "./publish/message_callback.ts";
import { type GatewayOptions, resolveOptions } from "./options.ts";
import { crossOrigin, sameSite } from "./http/origin.ts";
import { pageRoutes } from "./page/mod.ts";
import { Publisher } from "./publish/publisher.ts";
import { checkEscapes } from "./http/check_escapes.ts";
import { connectRoutes } from "./http/routes/connect.ts";
import { connectShortcut } from "./http/connect_shortcut.ts";
import type { GatewayParts } from "./http/context.ts";
import { healthRoutes } from "./http/routes/health.ts";
import { historyRoutes } from "./http/routes/history.ts";
import { errorAnswer } from "./http/error_response.ts";
import { publishRoutes } from "./http/routes/publish.ts";
import { publishShortcut } from "./http/publish_shortcut.ts";
import { revokeRoutes } from "./http/routes/revoke.ts";
import { streamRoutes } from "./http/routes/streams.ts";
import { subscribersRoutes } from "./http/routes/subscribers.ts";
import { tokenRoutes } from "./http/routes/token.ts";
import type { UpgradeContext } from "./runtimes/runtime.ts";
import { answerWith, headOf, setShortcut } from "./runtimes/shortcut.ts";
import { OpenSessions } from "./sessions/open_sessions.ts";
import { Streams } from "./streams/streams.ts";

/** A gateway: a Hono app inside, `fetch` outside, to serve or to mount in another app. */
export interface Gateway extends AsyncDisposable {
  /**
   * Answers a request, WebSockets included. In a Hono app of any copy of that package,
   * `app.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env))` mounts it.
   *
   * @param env What the runtime adds to a request: what a Hono app has as `c.env`.
   */
  fetch(request: Request, env?: unknown): Response | Promise<Response>;
  /** Whether it is in development mode. */
  readonly dev: boolean;
  /**
   * Goes away without loss: refuses new connections and messages with 503, tells clients when to come back, gives
   * each what it has coming and closes with 1012. {@linkcode Gateway.close} comes after.
   */
  drain(options?: DrainOptions): Promise<void>;
  /** Closes every connection with code 1001 and the broker. The server that it is served by is not its own. */
  close(): Promise<void>;
}

const logger = getLogger(["tidings", "gateway"]);

/**
 * Creates a gateway: the routes, the fan-out and the log.
 *
 * @example Serve it
 * ```ts
 * import { createGateway, serve } from "@tidings/realtime/server";
 *
 * const gateway = createGateway({ signingKey: "a-key-of-at-least-32-characters-0000" });
 * const server = await serve(gateway, { port: 0 });
 * await server.close();
 * await gateway.close();
 * ```
 *
 * @example Mount it in a Hono app
 * ```ts
 * import { Hono } from "@hono/hono";
 * import { createGateway, serve } from "@tidings/realtime/server";
 *
 * const gateway = createGateway();
 * const app = new Hono();
 * app.get("/hello", (c) => c.text("hello"));
 * app.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env));
 * const server = await serve(app, { port: 0 });
 * await server.close();
 * await gateway.close();
 * ```
 *
 * @throws {RealtimeError} `invalid_argument` for a signing key that is too short.
 * @throws {RangeError} For a limit that is not a positive whole number.
 */
export function createGateway(options: GatewayOptions = {}): Gateway {
  const settings = resolveOptions(options);
  const sessions = new OpenSessions(settings.pingIntervalMs);
  const auth = new Auth(settings.signingKeys, settings.dev);
  const state = { draining: false };
  const hub = new Hub(settings.broker);
  const publisher = new Publisher(settings.broker, settings.maxMessageBytes);
  const { onMessage, streamLeaseMs: leaseMs } = settings;
  const callback = onMessage && new MessageCallback(onMessage, report);
  const rules: ClientRules = { schemas: settings.channels, callback };
  const streams = new Streams(hub, publisher, { leaseMs, report });
  const parts: GatewayParts = {
    settings,
    state,
    auth,
    hub,
    publisherFor: (claims) =>
      claims ? new ClientPublisher(publisher, claims, rules) : publisher,
    streams,
    sendQueue: {
      queueBytes: settings.queueBytes,
      deadlineMs: settings.queueDeadlineMs,
    },
    pingIntervalMs: settings.pingIntervalMs,
    pongTimeoutMs: settings.pongTimeoutMs,
    maxSubscriptions: settings.maxSubscriptions,
    maxInboundRate: settings.maxInboundRate,
    tokenDeadlineMs: settings.tokenDeadlineMs,
    ticket: (claims) => auth.tokens.mintTicket(claims),
    report,
    opened: (session) => sessions.add(session),
    ended: (session) => sessions.delete(session),
    sessions: () => sessions.all(),
  };
  const app = createApp(parts);
  const publish = publishShortcut(parts);
  const connect = connectShortcut(parts);
  async function close(): Promise<void> {
    streams.close();
    for (const session of sessions.all()) {
      session.close(1001, "the gateway goes away");
    }
    await settings.broker.close();
  }
  async function drain(options: DrainOptions = {}): Promise<void> {
    state.draining = true;
    streams.leave();
    parts.hub.flush();
    const began = performance.now();
    await drainSessions(sessions.all(), options);
    const { deadlineMs = 20_000 } = options;
    await callback?.settled(began + deadlineMs - performance.now());
  }
  const gateway: Gateway = {
    dev: settings.dev,
    drain,
    fetch(request, env) {
      const handle = publish(headOf(request));
      if (handle) return answerWith(handle, request);
      return connect({ env, req: handshakeOf(request) }) ??
        app.fetch(request, Object(env));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
  setShortcut(gateway, publish);
  return gateway;
}

function handshakeOf(request: Request): UpgradeContext["req"] {
  const { method, url, headers } = request;
  return {
    raw: request,
    method,
    url,
    header: (name) => headers.get(name) ?? undefined,
  };
}

function report(stage: string, error: unknown): void {
  logger.error("{stage} failed: {error}", { stage, error });
}

function createApp(parts: GatewayParts): Hono {
  const app = new Hono();
  app.use(crossOrigin(parts.settings));
  app.use(sameSite(parts.settings));
  app.use("/v1/*", async (c, next) => {
    if (parts.state.draining) {
      c.header("retry-after", "1");
      throw new RealtimeError(
        "unavailable",
        "Cannot answer: the gateway restarts; try again",
      );
    }
    checkEscapes(c.req.url);
    // The headers of a WebSocket's answer are its runtime's. On Deno, the request can't be read after the upgrade.
    if (c.req.header("upgrade")) return await next();
    await next();
    c.header("cache-control", "no-store");
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "no-referrer");
  });
  app.route("/", healthRoutes(parts));
  for (
    const routes of [
      publishRoutes,
      streamRoutes,
      tokenRoutes,
      connectRoutes,
      historyRoutes,
      revokeRoutes,
      subscribersRoutes,
    ]
  ) app.route("/v1/realtime", routes(parts));
  if (parts.settings.dev) {
    app.route("/", pageRoutes());
  }
  app.notFound((c) => {
    const message =
      `Cannot ${c.req.method} ${c.req.path}: there is no such route`;
    return c.json({ error: { code: "not_found", message } }, 404);
  });
  app.onError((error, c) => errorAnswer(parts, c.req.raw, error));
  return app;
}
