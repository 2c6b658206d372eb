import {
  type Connection,
  createConnection,
  type TransportChoice,
} from "./connection.ts";
import { gatewaysHere } from "./gateway_fetch.ts";
import { LIMITS } from "./limits.ts";

const connections = new Map<Connection, string>();

/**
 * Finds the connection for a new subscription: one that leads to the same gateway the same way and has room for its topics, else a
 * new one.
 *
 * @param topics How many topics the subscription has.
 * @param isShared Whether it may share; else it gets a connection of its own.
 */
export function connectionTo(
  url: string,
  choice: TransportChoice,
  topics: number,
  isShared: boolean,
): Connection {
  const way = choice + url;
  for (const [known, itsWay] of connections) {
    if (
      isShared && itsWay === way &&
      known.size + topics <= LIMITS.subscriptions
    ) return known;
  }
  const connection = createConnection(
    url,
    // A gateway in this process has no sockets.
    gatewaysHere.has(url) ? "sse" : choice,
    () => connections.delete(connection),
  );
  if (isShared) connections.set(connection, way);
  return connection;
}
