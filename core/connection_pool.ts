import { Connection, type TransportChoice } from "./connection.ts";
import { LIMITS } from "./limits.ts";

const connections = new Set<Connection>();

/**
 * Finds the connection for a new subscription: one that leads to the same gateway the same way and has room for its topics, else a
 * new one.
 *
 * @param topics How many topics the subscription has.
 * @param shared Whether it may share; else it gets a connection of its own.
 */
export function connectionTo(
  url: string,
  transport: TransportChoice,
  topics: number,
  shared: boolean,
): Connection {
  if (shared) {
    for (const known of connections) {
      if (
        known.url === url && known.choice === transport &&
        known.topics + topics <= LIMITS.subscriptions
      ) return known;
    }
  }
  const connection = new Connection(
    url,
    transport,
    () => connections.delete(connection),
  );
  if (shared) connections.add(connection);
  return connection;
}
