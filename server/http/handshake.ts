import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import { readBearer, readOffer } from "../auth/credentials.ts";
import type { ChannelState } from "../brokers/broker.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { Incoming } from "../runtimes/adapter.ts";
import { queryOf, type RequestHead } from "../runtimes/request_head.ts";
import { runtime } from "../runtimes/runtime.ts";
import {
  type Handshake,
  WebSocketClient,
  type WebSocketHost,
} from "../sessions/websocket_client.ts";
import { isV1, type Wire } from "../wire/encode.ts";
import { parseSince } from "../wire/since.ts";

/** The uses of tokens that may connect. */
const USES = ["subscribe", "ticket"] as const;

/**
 * Answers `GET /v1/realtime/connect`: opens a WebSocket. Every handshake comes here, whatever its runtime.
 *
 * @throws {RealtimeError} `invalid_argument` for a request that is no handshake, the refusal of a plain client, and that of a token that
 * only authenticates.
 */
export async function connect(
  host: WebSocketHost,
  incoming: Incoming,
  head: RequestHead,
): Promise<Response> {
  const offer = readOffer(head.header("sec-websocket-protocol"));
  const authorization = head.header("authorization");
  const bearer = readBearer(authorization);
  if (offer.auth !== undefined) await host.auth.verify(offer.auth, USES);
  if (head.header("upgrade")?.toLowerCase() !== "websocket") {
    // Browsers don't tell why a handshake was refused. Their pages can ask for the reason with a request that is none.
    if (authorization !== undefined) await host.auth.verify(bearer, USES);
    throw new RealtimeError(
      "invalid_argument",
      "Cannot connect: the request is not a WebSocket handshake; /v1/realtime/sse takes plain HTTP",
    );
  }
  const query = queryOf(head.target);
  const token = bearer ?? offer.token ??
    query.get("token") ?? undefined;
  const wire = offer.v1 ? "ws.v1" : "ws";
  const since = query.get("since") ?? undefined;
  const handshake = await checkHandshake(host, token, wire, since);
  const connection = new WebSocketClient(host, handshake);
  return (await runtime()).upgrade(incoming, connection, offer.answer);
}

/**
 * Checks the token and the position of a client that connects. A refused client of `tidings.v1` learns the reason in a frame.
 *
 * @throws {RealtimeError} The reason, for any other refused client: its HTTP status says it.
 */
export async function checkHandshake(
  { auth, hub }: Pick<WebSocketHost, "auth" | "hub">,
  token: string | undefined,
  wire: Wire,
  since: string | undefined,
): Promise<Handshake> {
  // This client may send its token later, in a frame.
  if (wire === "ws.v1" && token === undefined) return { wire };
  try {
    parseSince(since);
    const claims = await auth.verify(token, USES);
    return {
      wire,
      claims,
      since,
      marks: isV1(wire) ? undefined : await markChannels(hub, claims),
    };
  } catch (error) {
    if (!isV1(wire) || !(error instanceof RealtimeError)) throw error;
    return { wire, refusal: error };
  }
}

/** Marks the positions of a token's channels. A plain client counts as subscribed from its answer on, as no `ready` follows. */
async function markChannels(
  hub: Hub,
  claims: TokenClaims,
): Promise<ReadonlyMap<string, ChannelState>> {
  const channels = new Set(claims.topics.map(({ channel }) => channel));
  const marks = [...channels].map(async (channel) =>
    [channel, await hub.mark(channel)] as const
  );
  return new Map(await Promise.all(marks));
}
