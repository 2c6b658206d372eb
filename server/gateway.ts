import { type Context, Hono } from "hono";
import { RealtimeError } from "../core/protocol/errors.ts";
import type { AsyncClosing } from "../core/types/async_closing.ts";
import { getLogger } from "@logtape/logtape";
import { Admin } from "./admin/admin.ts";
import { AdminKey } from "./auth/admin_key.ts";
import { Auth } from "./auth/auth.ts";
import { Revocations } from "./auth/revocations.ts";
import { logEvents } from "./events/event_log.ts";
import { Events } from "./events/events.ts";
import { Hub } from "./fan_out/hub.ts";
import { adminOnly } from "./http/admin_only.ts";
import { Admission } from "./http/admission.ts";
import { Entrance } from "./http/entrance.ts";
import { errorResponse } from "./http/error_response.ts";
import { Failures } from "./http/failures.ts";
import { connect } from "./http/handshake.ts";
import { PublishAddresses } from "./http/publish_address.ts";
import { directBatch } from "./http/bodies/publish_lines.ts";
import { directPublish } from "./http/publish_message.ts";
import { adminRoutes } from "./http/routes/admin.ts";
import { healthRoutes } from "./http/routes/health.ts";
import { historyRoutes } from "./http/routes/history.ts";
import { metricsRoutes } from "./http/routes/metrics.ts";
import { openStreamsRoutes } from "./http/routes/open_streams.ts";
import { probeRoutes } from "./http/routes/probes.ts";
import { type FindSender, publishRoutes } from "./http/routes/publish.ts";
import { revokeRoutes } from "./http/routes/revoke.ts";
import { sseRoutes } from "./http/routes/sse.ts";
import { statusRoutes } from "./http/routes/status.ts";
import { streamRoutes } from "./http/routes/streams.ts";
import { subscribersRoutes } from "./http/routes/subscribers.ts";
import { tokenRoutes } from "./http/routes/token.ts";
import { Counts } from "./events/counts.ts";
import { Metrics } from "./metrics/metrics.ts";
import { startedEvent } from "./started_event.ts";
import { type GatewayOptions, resolveOptions } from "./options.ts";
import { pageRoutes } from "./page/mod.ts";
import { ClientPublisher } from "./publish/client_publisher.ts";
import { MessageCallback } from "./publish/message_callback.ts";
import { PublishRates, UNLIMITED } from "./publish/publish_rates.ts";
import { Publisher } from "./publish/publisher.ts";
import {
  type Served,
  SERVING,
  type ServingHooks,
} from "./runtimes/serving_hooks.ts";
import { FetchHead } from "./runtimes/request_head.ts";
import {
  type DrainOptions,
  drainSessions,
  type DrainTimes,
  drainTimes,
} from "./sessions/drain.ts";
import { OpenSessions } from "./sessions/open_sessions.ts";
import type { WebSocketHost } from "./sessions/websocket_client.ts";
import { Streams } from "./streams/streams.ts";

/** A gateway, to serve or to mount in another app. */
export interface Gateway extends AsyncClosing {
  /**
   * Answers a request, WebSockets included. In a Hono app of any copy of that package,
   * `app.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env))` mounts it.
   *
   * @param env What the runtime passes beside a request; a Hono app has it as `c.env`.
   */
  fetch(request: Request, env?: unknown): Response | Promise<Response>;
  /** Whether the gateway is in development mode. */
  readonly dev: boolean;
  /**
   * The first half of {@linkcode Gateway.close}: refuses new connections and messages with 503, tells each client when to reconnect,
   * flushes its queue and closes the connection with 1012. The broker stays open. A second call waits for the first.
   *
   * @throws {RealtimeError} `invalid_argument` for something that is no duration; the gateway then goes on.
   */
  drain(options?: DrainOptions): Promise<void>;
  /**
   * Shuts down without loss: drains, unless that was done before, then closes the broker. The server that serves the gateway stays open.
   *
   * @param options How it drains; `{ deadline: 0 }` waits for no client.
   * @throws {RealtimeError} `invalid_argument` for something that is no duration; the gateway then goes on.
   */
  close(options?: DrainOptions): Promise<void>;
}

const logger = getLogger(["tidings", "gateway"]);

/**
 * Creates a gateway.
 *
 * @example Mount it in a Hono app
 * ```ts
 * import { type Context, Hono } from "hono";
 * import { createGateway, serve } from "@tidings/realtime/server";
 *
 * const gateway = createGateway({ dev: true });
 * const app = new Hono();
 * app.get("/hello", (c) => c.text("hello"));
 * app.all("/v1/realtime/*", (c) => gateway.fetch(c.req.raw, c.env));
 * const server = await serve(app, { port: 0 });
 * await server.close();
 * await gateway.close();
 * ```
 *
 * @throws {RealtimeError} `invalid_argument` without a signing key outside of development mode, for a key that is too short, and for a limit
 * that is not a positive whole number or a duration.
 */
export function createGateway(options: GatewayOptions = {}): Gateway {
  const settings = resolveOptions(options);
  const { broker, dev, onMessage, streamLeaseMs: leaseMs } = settings;
  const sessions = new OpenSessions(settings.pingIntervalMs);
  const events = new Events();
  logEvents(events, logger, dev);
  broker.followHealth?.(({ ok, detail: reason }) =>
    events.emit(
      ok
        ? { event: "broker.up", broker: broker.name }
        : { event: "broker.down", broker: broker.name, reason },
    )
  );
  const counts = new Counts();
  const failures = new Failures(events, counts, report);
  const revocations = new Revocations(
    broker,
    (isRevoked) => sessions.endRevoked(isRevoked),
  );
  const auth = new Auth(settings.signingKeys, dev, revocations);
  const hub = new Hub(broker);
  const admission = new Admission(settings);
  const isDraining = () => admission.isDraining;
  const admin = dev || settings.adminKey !== undefined
    ? new Admin({ hub, sessions, events, auth, isDraining })
    : undefined;
  const publisher = new Publisher(
    broker,
    settings.maxMessageBytes,
    events,
    counts,
    admin,
  );
  const callback = onMessage && new MessageCallback(onMessage, report);
  const streams = new Streams(hub, publisher, {
    ...settings,
    leaseMs,
    report,
  });
  broker.interruptedStreams?.()
    .then((interrupted) => streams.adopt(interrupted))
    .catch((error) => report("looking for open streams", error));
  const { channels: schemas, signingKeys: [secret] } = settings;
  const rules = { schemas, callback, auth, secret };
  const publisherFor: WebSocketHost["publisherFor"] = (claims) =>
    claims ? new ClientPublisher(publisher, claims, rules) : publisher;
  const { queueBytes, queueDeadlineMs: deadlineMs } = settings;
  const host: WebSocketHost = {
    ...settings,
    auth,
    hub,
    events,
    counts,
    revocations,
    publisherFor,
    sendQueue: { queueBytes, deadlineMs },
    ticket: (claims) => auth.tokens.mintTicket(claims),
    report,
    opened(session) {
      sessions.add(session);
      const facts = session.facts.of(session.wire);
      events.emit({ event: "connected", ...facts });
    },
    ended: (session) => sessions.delete(session),
  };
  const addresses = new PublishAddresses();
  const adminKey = new AdminKey(settings.adminKey, dev);
  const metrics = new Metrics({ counts, hub, sessions });

  const app = new Hono();
  app.route("/", healthRoutes(hub, sessions, admission));
  app.route("/", probeRoutes(broker, admission));
  app.route("/", metricsRoutes(adminKey, metrics));
  app.route("/", statusRoutes(admission));
  const rates = new PublishRates(settings.maxPublishRate);
  const findSender: FindSender = async (authorization) => {
    const claims = await auth.publisherClaims(authorization);
    const rate = claims ? rates.of(claims.jti) : UNLIMITED;
    return { publisher: publisherFor(claims), rate, deadlineMs };
  };
  for (
    const routes of [
      publishRoutes(findSender, addresses, streams, failures),
      streamRoutes(findSender, auth, streams),
      tokenRoutes(auth),
      sseRoutes(host),
      historyRoutes(auth, broker, deadlineMs),
      openStreamsRoutes(auth, hub),
      revokeRoutes(auth),
      subscribersRoutes(findSender, broker),
    ]
  ) app.route("/v1/realtime", routes);
  app.use("/v1/admin/*", adminOnly(adminKey));
  if (admin) app.route("/v1/admin", adminRoutes(admin));
  const hasAdminKey = settings.adminKey !== undefined;
  app.route("/", pageRoutes({ dev, hasAdminKey }));
  const answerError = (error: unknown, { req: { raw }, env }: Context) =>
    errorResponse(failures, new FetchHead(raw, env), raw, error);
  app.onError(answerError);
  app.notFound((c) => {
    const { method, path } = c.req;
    const message = `Cannot ${method} ${path}: there is no such route`;
    return answerError(new RealtimeError("not_found", message), c);
  });

  const publishOne = directPublish(auth, publisher, addresses, failures);
  const sender = { publisher, rate: UNLIMITED, deadlineMs };
  const publishLines = directBatch(auth, sender, streams, failures);
  const entrance = new Entrance(admission, {
    publish: (head) => publishOne(head) ?? publishLines(head),
    connect: (incoming, head) => connect(host, incoming, head),
    app,
  }, failures);

  async function drainOnce(times: DrainTimes): Promise<void> {
    const end = performance.now() + times.deadlineMs;
    admission.isDraining = true;
    admission.drainsUntil = end;
    events.emit({ event: "stopping", connections: sessions.size });
    streams.leave();
    hub.flush();
    await drainSessions(sessions.all(), times);
    await callback?.settled(end - performance.now());
    events.emit({ event: "drained", connections: sessions.size });
  }

  let drained: Promise<void> | undefined;
  async function drain(options?: DrainOptions): Promise<void> {
    const times = drainTimes(options);
    await (drained ??= drainOnce(times));
  }

  async function closeOnce(): Promise<void> {
    metrics.close();
    streams.close();
    admin?.close();
    await Promise.all([broker.close(), auth.ready()]);
  }

  let closed: Promise<void> | undefined;
  async function close(options?: DrainOptions): Promise<void> {
    await drain(options);
    await (closed ??= closeOnce());
  }

  const fetch: Gateway["fetch"] = (request, env) =>
    entrance.fetch(request, env);
  const hooks: ServingHooks = {
    fetch,
    direct: (head) => entrance.direct(head),
    listening(url, runtime) {
      if (admin) admin.url = url;
      events.emit(startedEvent(settings, url, runtime));
    },
  };
  const gateway: Gateway & Served = {
    dev,
    drain,
    fetch,
    close,
    [SERVING]: hooks,
    [Symbol.asyncDispose]: () => close(),
  };
  return gateway;
}

function report(stage: string, error: unknown): void {
  logger.error("{stage} failed: {error}", { event: "failed", stage, error });
}
