import type { TransportChoice } from "../types/subscribe.ts";
import { type Connection, createConnection } from "./connection.ts";

const shared = new Map<string, Connection>();

/**
 * Returns the connection for a new subscription: the shared one to the same gateway by the same transport, or a new one.
 *
 * @param url The gateway's base URL.
 * @param isShared Whether the subscription may share a connection.
 */
export function connectionTo(
  url: string,
  choice: TransportChoice = "auto",
  isShared = true,
): Connection {
  if (!isShared) return createConnection(url, choice);
  const key = `${choice} ${url}`;
  const connection = shared.get(key) ??
    createConnection(url, choice, () => shared.delete(key));
  shared.set(key, connection);
  return connection;
}
