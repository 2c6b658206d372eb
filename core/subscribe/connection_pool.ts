import { type Connection, createConnection } from "./connection.ts";
import type { TransportChoice } from "../types/subscribe.ts";

const connections = new Map<string | symbol, Connection>();

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
  const way = isShared ? choice + url : Symbol();
  const connection = connections.get(way) ??
    createConnection(url, choice, () => connections.delete(way));
  connections.set(way, connection);
  return connection;
}
