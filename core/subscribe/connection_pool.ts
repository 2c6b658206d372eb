import type { TransportChoice } from "../types/subscribe.ts";
import { type Connection, createConnection } from "./connection.ts";

const shared = new Map<string, Connection>();

/** Returns the shared connection to a gateway by a transport, or a new one if the subscription may not share it. */
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
