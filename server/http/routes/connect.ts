import { Hono } from "@hono/hono";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { PROTOCOL } from "../../../core/protocol/frames.ts";
import type { TokenClaims } from "../../../core/protocol/token.ts";
import { readBearer, readOffer } from "../../auth/credentials.ts";
import type { ChannelState } from "../../brokers/broker.ts";
import {
  type Handshake,
  WebSocketClient,
} from "../../sessions/websocket_client.ts";
import { runtime, type UpgradeContext } from "../../runtimes/runtime.ts";
import { Session } from "../../sessions/session.ts";
import { parseSince } from "../../wire/since.ts";
import type { Socket, SocketHandler } from "../../wire/socket.ts";
import { SseSocket } from "../../sessions/sse_socket.ts";
import { isV1, type Wire } from "../../wire/encode.ts";
import type { GatewayParts } from "../context.ts";

/** `GET /v1/realtime/connect` (WebSocket) and `/sse` (Server-Sent Events). */
export function connectRoutes(parts: GatewayParts): Hono {
  return new Hono()
    .get("/connect", async (c) => {
      if (c.req.header("upgrade")?.toLowerCase() !== "websocket") {
        throw new RealtimeError(
          "invalid_argument",
          "Cannot connect: the request is not a WebSocket handshake; /v1/realtime/sse takes plain HTTP",
        );
      }
      return await connect(
        parts,
        c,
        c.req.query("token"),
        c.req.query("since"),
      );
    })
    .get("/sse", async (c) => {
      const token = readBearer(c.req.header("authorization")) ??
        c.req.query("token");
      const since = c.req.header("last-event-id") || c.req.query("since");
      const wire = c.req.query("protocol") === PROTOCOL ? "sse.v1" : "sse";
      const { claims, refusal, marks } = await shake(
        parts,
        token,
        wire,
        since,
      );
      (await runtime()).keepOpen(c);
      const channels = new Set(claims?.topics.map(({ channel }) => channel));
      const handler = new SseHandler();
      const socket = new SseSocket(handler);
      const session = new Session(parts, socket, wire, channels.size > 1);
      handler.session = session;
      parts.opened(session);
      // The first bytes: without any, runtimes keep the headers back.
      if (wire === "sse") session.ping();
      if (claims) {
        session.subscriptions.subscribe(claims, since, undefined, marks).catch(
          (error: unknown) => {
            const known = error instanceof RealtimeError;
            if (!known) parts.report("subscribe", error);
            session.decline(
              known
                ? error
                : new RealtimeError("internal", "The gateway failed"),
            );
          },
        );
      } else if (refusal) session.decline(refusal);
      return c.body(socket.body, 200, {
        "content-type": "text/event-stream",
        "cache-control": "no-store",
        "x-accel-buffering": "no",
      });
    });
}

/** Opens a WebSocket, with what its address says. */
export async function connect(
  parts: GatewayParts,
  context: UpgradeContext,
  token: string | undefined,
  since: string | undefined,
): Promise<Response> {
  const { req } = context;
  const offer = readOffer(req.header("sec-websocket-protocol"));
  const handshake = await shake(
    parts,
    readBearer(req.header("authorization")) ?? offer.token ?? token,
    offer.v1 ? "ws.v1" : "ws",
    since,
  );
  const connection = new WebSocketClient(parts, handshake);
  return (await runtime()).upgrade(context, connection, offer.answer);
}

/** A client of `tidings.v1` learns of a refusal in a frame, any other by the HTTP status. */
async function shake(
  parts: GatewayParts,
  token: string | undefined,
  wire: Wire,
  since: string | undefined,
): Promise<Handshake> {
  // A socket's client may send it later.
  if (wire === "ws.v1" && token === undefined) return { wire };
  try {
    parseSince(since);
    const claims = await parts.auth.verify(token, ["subscribe", "ticket"]);
    return {
      wire,
      claims,
      ...(since === undefined ? {} : { since }),
      ...(isV1(wire) ? {} : { marks: await mark(parts, claims) }),
    };
  } catch (error) {
    if (!isV1(wire) || !(error instanceof RealtimeError)) throw error;
    return { wire, refusal: error };
  }
}

/** Holds a token's channels before a plain client is answered: it isn't told when its subscription begins. */
async function mark(
  { hub }: GatewayParts,
  claims: TokenClaims,
): Promise<ReadonlyMap<string, ChannelState>> {
  const channels = new Set(claims.topics.map(({ channel }) => channel));
  return new Map(
    await Promise.all(
      [...channels].map(async (channel) =>
        [channel, await hub.mark(channel)] as const
      ),
    ),
  );
}

/** Passes on what happens to a response's body. */
class SseHandler implements SocketHandler {
  session: Session | undefined;

  open(_socket: Socket): void {}

  message(_text: string | undefined): void {}

  drain(): void {
    this.session?.drain();
  }

  close(): void {
    this.session?.ended();
  }
}
