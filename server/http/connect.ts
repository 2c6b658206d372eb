import { RealtimeError } from "../../core/protocol/errors.ts";
import { readBearer, readOffer } from "../auth/credentials.ts";
import type { Incoming } from "../runtimes/adapter.ts";
import { queryOf, type RequestHead } from "../runtimes/request_head.ts";
import { runtime } from "../runtimes/runtime.ts";
import {
  WebSocketClient,
  type WebSocketHost,
} from "../sessions/websocket_client.ts";
import { checkHandshake } from "./handshake.ts";

/**
 * Answers `GET /v1/realtime/connect`: opens a WebSocket. Every handshake comes here, whatever its runtime.
 *
 * @throws {RealtimeError} `invalid_argument` for a request that is no handshake, and the refusal of a plain client.
 */
export async function connect(
  host: WebSocketHost,
  incoming: Incoming,
  head: RequestHead,
): Promise<Response> {
  if (head.header("upgrade")?.toLowerCase() !== "websocket") {
    throw new RealtimeError(
      "invalid_argument",
      "Cannot connect: the request is not a WebSocket handshake; /v1/realtime/sse takes plain HTTP",
    );
  }
  const query = queryOf(head.target);
  const offer = readOffer(head.header("sec-websocket-protocol"));
  const token = readBearer(head.header("authorization")) ?? offer.token ??
    query.get("token") ?? undefined;
  const wire = offer.v1 ? "ws.v1" : "ws";
  const since = query.get("since") ?? undefined;
  const handshake = await checkHandshake(host, token, wire, since);
  const connection = new WebSocketClient(host, handshake);
  return (await runtime()).upgrade(incoming, connection, offer.answer);
}
