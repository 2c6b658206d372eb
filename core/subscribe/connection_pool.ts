import type { BackoffBounds } from "../time/backoff.ts";
import type { TransportChoice } from "../types/subscribe.ts";
import { type Connection, createConnection } from "./connection.ts";

const shared = new Map<string, Connection>();

/**
 * Returns the connection to a gateway that subscriptions with the same transport and bounds share, or a new one if the subscription may not
 * share it.
 */
export function connectionTo(
  url: string,
  choice: TransportChoice = "auto",
  isShared = true,
  bounds: BackoffBounds = {},
): Connection {
  if (!isShared) return createConnection(url, choice, bounds);
  const { reconnectMinMs, reconnectMaxMs } = bounds;
  const key = `${choice} ${url} ${reconnectMinMs} ${reconnectMaxMs}`;
  const connection = shared.get(key) ??
    createConnection(url, choice, bounds, () => shared.delete(key));
  shared.set(key, connection);
  return connection;
}
