import type { Session } from "./session.ts";

/** How a gateway drains. */
export interface DrainOptions {
  /**
   * Milliseconds over which the clients' reconnects are spread.
   *
   * @default {10000}
   */
  spreadMs?: number | undefined;
  /**
   * Milliseconds after which connections are closed even if their send queue is not empty.
   *
   * @default {20000}
   */
  deadlineMs?: number | undefined;
}

const POLL_MS = 20;

/** Tells every client when to reconnect, flushes its send queue, and closes the connection with 1012. */
export async function drainSessions(
  sessions: readonly Session[],
  { spreadMs = 10_000, deadlineMs = 20_000 }: DrainOptions,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (const session of sessions) {
    const retry_after_ms = Math.round(Math.random() * spreadMs);
    const data = { reason: "draining", retry_after_ms };
    session.control({ kind: "closing", data });
  }
  let open = sessions;
  while (open.length > 0) {
    const isLate = performance.now() >= deadline;
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
