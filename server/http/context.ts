import type { WebSocketHost } from "../sessions/websocket_client.ts";
import type { GatewaySettings } from "../options.ts";
import type { Session } from "../sessions/session.ts";
import type { Streams } from "../streams/streams.ts";

/** What routes share: the gateway's parts. */
export interface GatewayParts extends WebSocketHost {
  readonly settings: GatewaySettings;
  readonly streams: Streams;
  /** What changes in its life. */
  readonly state: { readonly draining: boolean };
  /** Connections that are open. */
  sessions(): readonly Session[];
}
