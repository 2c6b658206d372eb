import {
  type Connection,
  createConnection,
  type TransportChoice,
} from "./connection.ts";

const connections = new Map<string, Connection>();

/**
 * Finds the connection for a new subscription: the one that leads to the same gateway the same way, else a new one.
 *
 * @param url The gateway's base URL.
 * @param choice How to reach the gateway.
 * @param isShared Whether it may share; else it gets a connection of its own.
 */
export function connectionTo(
  url: string,
  choice: TransportChoice = "auto",
  isShared = true,
): Connection {
  const way = choice + url;
  const known = connections.get(way);
  if (known && isShared) return known;
  const connection = createConnection(
    url,
    choice,
    () => isShared && connections.delete(way),
  );
  if (isShared) connections.set(way, connection);
  return connection;
}
