import { RealtimeError } from "../../core/protocol/errors.ts";
import type { TokenClaims } from "../../core/protocol/token.ts";
import type { ChannelState } from "../brokers/broker.ts";
import type { Hub } from "../fan_out/hub.ts";
import type { Handshake, WebSocketHost } from "../sessions/websocket_client.ts";
import { isV1, type Wire } from "../wire/encode.ts";
import { parseSince } from "../wire/since.ts";

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
    const claims = await auth.verify(token, ["subscribe", "ticket"]);
    return {
      wire,
      claims,
      ...(since === undefined ? {} : { since }),
      ...(isV1(wire) ? {} : { marks: await markChannels(hub, claims) }),
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
  return new Map(
    await Promise.all(
      [...channels].map(async (channel) =>
        [channel, await hub.mark(channel)] as const
      ),
    ),
  );
}
