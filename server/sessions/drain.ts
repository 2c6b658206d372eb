import { type Duration, toMs } from "../../core/protocol/duration.ts";
import type { Session } from "./session.ts";

/** How a gateway drains. */
export interface DrainOptions {
  /**
   * The time over which the clients' reconnects are spread.
   *
   * @default {"10s"}
   */
  spread?: Duration | undefined;
  /**
   * The time after which connections are closed even if their send queue is not empty.
   *
   * @default {"20s"}
   */
  deadline?: Duration | undefined;
}

const POLL_MS = 20;

/** How long a drain waits for send queues unless an option says otherwise. */
export const DRAIN_DEADLINE: Duration = "20s";

/** Tells every client when to reconnect, flushes its send queue, and closes the connection with 1012. */
export async function drainSessions(
  sessions: readonly Session[],
  { spread = "10s", deadline = DRAIN_DEADLINE }: DrainOptions,
): Promise<void> {
  const spreadMs = toMs('Cannot drain: "spread"', spread);
  const end = performance.now() + toMs('Cannot drain: "deadline"', deadline);
  for (const session of sessions) {
    const retry_after_ms = Math.round(Math.random() * spreadMs);
    const data = { reason: "draining", retry_after_ms };
    session.control({ kind: "closing", data });
  }
  let open = sessions;
  while (open.length > 0) {
    const isLate = performance.now() >= end;
    open = open.filter((session) => {
      if (session.settled) session.close(1012, "the gateway restarts");
      else if (isLate) session.terminate(1012, "the gateway restarts");
      return !session.isClosed;
    });
    if (open.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
