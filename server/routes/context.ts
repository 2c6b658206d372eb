import type { ConnectionHost } from "../connection.ts";
import type { GatewaySettings } from "../options.ts";
import type { Session } from "../session.ts";

/** What routes share: the gateway's parts. */
export interface GatewayParts extends ConnectionHost {
  readonly settings: GatewaySettings;
  /** What changes in its life. */
  readonly state: { readonly draining: boolean };
  /** Connections that are open. */
  sessions(): readonly Session[];
}
