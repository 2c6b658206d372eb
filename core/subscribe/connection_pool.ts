import type { BackoffBounds } from "../time/backoff.ts";
import type { TransportChoice } from "../types/subscribe.ts";
import {
  type Connection,
  type ConnectionHost,
  createConnection,
} from "./connection.ts";

/** The connections to a gateway that any number of members share: one more opens where all are full. */
export interface ConnectionPool extends Omit<Connection, "hasRoom"> {
  /** The gateway's base URL. */
  readonly url: string;
}

const shared = new Map<string, ConnectionPool>();

/**
 * Returns the connections to a gateway that subscriptions with the same transport and bounds share, or new ones if the subscription may not
 * share them.
 */
export function connectionsTo(
  url: string,
  choice: TransportChoice = "auto",
  isShared = true,
  bounds: BackoffBounds,
): ConnectionPool {
  if (!isShared) return createPool(url, choice, bounds);
  const key = `${choice} ${url} ${bounds.minMs} ${bounds.maxMs}`;
  const pool = shared.get(key) ??
    createPool(url, choice, bounds, () => shared.delete(key));
  shared.set(key, pool);
  return pool;
}

/** Makes a pool, which calls `onClosed` when its last connection closes for good. */
function createPool(
  url: string,
  choice: TransportChoice,
  bounds: BackoffBounds,
  onClosed?: () => void,
): ConnectionPool {
  const connections = new Set<Connection>();
  /** The connection of each member. */
  const places = new Map<string, Connection>();
  let isClosed = false;
  const host: ConnectionHost = {
    lost: new Set(),
    isTold: false,
    add(ref, member) {
      if (isClosed) return;
      const place = [...connections].find(({ hasRoom }) => hasRoom(member)) ??
        createConnection(url, choice, bounds, host);
      connections.add(place);
      places.set(ref, place);
      place.add(ref, member);
    },
    closed(connection) {
      connections.delete(connection);
      isClosed = connections.size === 0;
      if (isClosed) onClosed?.();
    },
  };
  return {
    url,
    add: host.add,
    send: (frame) => places.get(frame.ref)?.send(frame) ?? false,
    async remove(ref) {
      const place = places.get(ref);
      places.delete(ref);
      await place?.remove(ref);
    },
  };
}
