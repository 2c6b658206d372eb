import type { Session } from "./session.ts";

/** How a gateway goes away. */
export interface DrainOptions {
  /**
   * Milliseconds over which clients are told to come back, each at a moment of its own.
   *
   * @default {10000}
   */
  spreadMs?: number;
  /**
   * Milliseconds after which connections that still have something to take are closed all the same.
   *
   * @default {20000}
   */
  deadlineMs?: number;
}

const POLL_MS = 20;

/** Tells every client to come back, gives each what it has coming, and closes with 1012. */
export async function drainSessions(
  sessions: readonly Session[],
  { spreadMs = 10_000, deadlineMs = 20_000 }: DrainOptions,
): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (const session of sessions) {
    session.control({
      kind: "closing",
      data: {
        reason: "draining",
        retry_after_ms: Math.round(Math.random() * spreadMs),
      },
    });
  }
  let open = sessions;
  while (open.length > 0) {
    const over = performance.now() >= deadline;
    const waiting: Session[] = [];
    for (const session of open) {
      if (session.settled) session.close(1012, "the gateway restarts");
      else if (over) session.close(1012, "the gateway restarts", true);
      else waiting.push(session);
    }
    open = waiting;
    if (open.length > 0) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }
}
