import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import { readBearer, readOffer } from "../wire/credentials.ts";
import type { ChannelState } from "../brokers/broker.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { Incoming } from "../runtimes/adapter.ts";
import {
  queryOf,
  type Remote,
  remoteOf,
  type RequestHead,
} from "../runtimes/request_head.ts";
import { runtime } from "../runtimes/runtime.ts";
import {
  type Handshake,
  WebSocketClient,
  type WebSocketHost,
} from "../sessions/websocket_client.ts";
import { isV1, type Wire } from "../wire/encode.ts";
import { parseSince } from "../wire/since.ts";
import { checkWebSocketRequest, offersWebSocket } from "./websocket_request.ts";

/** The uses of tokens that may connect. */
const USES = ["subscribe", "ticket"] as const;

/**
 * Answers `GET /v1/realtime/connect`: opens a WebSocket. Every handshake comes here, whatever its runtime.
 *
 * @throws {RealtimeError} What {@linkcode checkWebSocketRequest} throws, the refusal of a plain client, and that of a token that only
 * authenticates.
 */
export async function connect(
  host: WebSocketHost,
  incoming: Incoming,
  head: RequestHead,
): Promise<Response> {
  const offer = readOffer(head.header("sec-websocket-protocol"));
  const authorization = head.header("authorization");
  const bearer = readBearer(authorization);
  if (authorization !== undefined && !offersWebSocket(head)) {
    // Browsers don't tell why a handshake was refused. Their pages can ask for the reason with a request that is none.
    await host.auth.verify(bearer, USES);
  }
  checkWebSocketRequest(head);
  if (offer.auth !== undefined) await host.auth.verify(offer.auth, USES);
  const query = queryOf(head.target);
  const token = bearer ?? offer.token ??
    query.get("token") ?? undefined;
  const wire = offer.v1 ? "ws.v1" : "ws";
  const since = query.get("since") ?? undefined;
  const remote = remoteOf(head);
  const handshake = await checkHandshake(host, token, wire, since, remote);
  const adapter = await runtime();
  const hasToken = offer.auth !== undefined || handshake.claims !== undefined;
  if (!adapter.capsFrames && !hasToken) throw refusal(handshake);
  const connection = new WebSocketClient(host, handshake);
  return adapter.upgrade(incoming, connection, offer.answer);
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
  remote: Remote,
): Promise<Handshake> {
  // This client may send its token later, in a frame.
  if (wire === "ws.v1" && token === undefined) return { wire, remote };
  let claims: TokenClaims | undefined;
  try {
    claims = await auth.verify(token, USES);
    parseSince(since);
    const marks = isV1(wire) ? undefined : await markChannels(hub, claims);
    auth.revocations.require(claims);
    return { wire, remote, claims, since, marks };
  } catch (error) {
    if (!isV1(wire) || !(error instanceof RealtimeError)) throw error;
    return { wire, remote, claims, refusal: error };
  }
}

/** Returns the answer to a client without a valid token, on a runtime where only others get a WebSocket. */
function refusal({ refusal }: Handshake): RealtimeError {
  const message =
    "Cannot connect: this gateway opens WebSockets only with a token; send it as a subprotocol, as a bearer or in the query";
  return refusal ?? new RealtimeError("unauthenticated", message);
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
