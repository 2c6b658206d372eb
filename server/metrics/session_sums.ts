import type { ConnectionFacts } from "../events/gateway_event.ts";
import type { Session } from "../sessions/session.ts";
import { isV1, transportOf, type Wire } from "../wire/encode.ts";

/** Connections of one kind. */
export interface ConnectionSum
  extends Pick<ConnectionFacts, "transport" | "protocol"> {
  readonly connections: number;
}

/** The open sessions of a gateway together. */
export interface SessionSums {
  readonly connections: readonly ConnectionSum[];
  readonly subscriptions: number;
  /** Bytes that wait to be sent, here and in the runtime. */
  readonly queuedBytes: number;
}

const WIRES = ["ws", "ws.v1", "sse", "sse.v1"] as const;

/** Adds up the open sessions. */
export function sumSessions(sessions: readonly Session[]): SessionSums {
  const open: Record<Wire, number> = {
    "ws": 0,
    "ws.v1": 0,
    "sse": 0,
    "sse.v1": 0,
  };
  let subscriptions = 0;
  let queuedBytes = 0;
  for (const session of sessions) {
    open[session.wire]++;
    subscriptions += session.subscriptions.size;
    queuedBytes += session.queuedBytes;
  }
  const connections = WIRES.map((wire) => ({
    transport: transportOf(wire),
    protocol: isV1(wire) ? "tidings.v1" as const : "plain" as const,
    connections: open[wire],
  }));
  return { connections, subscriptions, queuedBytes };
}
