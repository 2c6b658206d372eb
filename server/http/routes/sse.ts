import { Hono } from "hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { PROTOCOL } from "../../../core/protocol/frames.ts";
import { readBearer } from "../../wire/credentials.ts";
import { runtime } from "../../runtimes/runtime.ts";
import { Session } from "../../sessions/session.ts";
import { SseSocket } from "../../sessions/sse_socket.ts";
import type {
  Handshake,
  WebSocketHost,
} from "../../sessions/websocket_client.ts";
import { FetchHead, remoteOf } from "../../runtimes/request_head.ts";
import { checkHandshake } from "../handshake.ts";

/** `GET /v1/realtime/sse`: subscribes by Server-Sent Events. */
export function sseRoutes(host: WebSocketHost): Hono {
  return new Hono().get("/sse", async (c) => {
    // Hono answers HEAD as GET and drops the body, whose session nothing would end.
    if (c.req.method === "HEAD") return c.notFound();
    const token = readBearer(c.req.header("authorization")) ??
      c.req.query("token");
    const since = c.req.header("last-event-id") || c.req.query("since");
    const wire = c.req.query("protocol") === PROTOCOL ? "sse.v1" : "sse";
    const remote = remoteOf(new FetchHead(c.req.raw, c.env));
    const handshake = await checkHandshake(host, token, wire, since, remote);
    (await runtime()).keepOpen({ request: c.req.raw, env: c.env });
    return c.body(openStream(host, handshake), 200, {
      "content-type": "text/event-stream",
      "x-accel-buffering": "no",
    });
  });
}

/** Opens a session; returns the body that carries its events. */
function openStream(
  host: WebSocketHost,
  { wire, remote, claims, refusal, since, marks }: Handshake,
): ReadableStream<Uint8Array> {
  const channels = new Set(claims?.topics.map(({ channel }) => channel));
  const socket = new SseSocket({
    open() {},
    message() {},
    control() {},
    drain: () => session.drain(),
    close: (code) => session.ended(code),
  });
  const hasCursor = channels.size > 1;
  const session = new Session(host, socket, wire, { remote, hasCursor });
  host.opened(session);
  // Runtimes keep the headers back until the body has its first bytes.
  if (wire === "sse") session.ping();
  if (refusal) {
    host.counts.refuseConnection(refusal);
    session.decline(refusal);
  } else if (claims) {
    const { subscriptions } = session;
    subscriptions.subscribe(claims, since, undefined, marks).catch((error) => {
      if (error instanceof RealtimeError) return session.decline(error);
      host.report("subscribe", error);
      session.decline(new RealtimeError("internal", "The gateway failed"));
    });
  }
  return socket.body;
}
