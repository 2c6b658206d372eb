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

/** The times of a drain, in milliseconds. */
export interface DrainTimes {
  readonly spreadMs: number;
  readonly deadlineMs: number;
}

/**
 * Reads the options of a drain.
 *
 * @throws {RealtimeError} `invalid_argument` for something that is no duration.
 */
export function drainTimes(
  { spread = "10s", deadline = "20s" }: DrainOptions = {},
): DrainTimes {
  return {
    spreadMs: toMs('Cannot drain: "spread"', spread),
    deadlineMs: toMs('Cannot drain: "deadline"', deadline),
  };
}

/** Tells every client when to reconnect, flushes its send queue, and closes the connection with 1012. */
export async function drainSessions(
  sessions: readonly Session[],
  { spreadMs, deadlineMs }: DrainTimes,
): Promise<void> {
  const end = performance.now() + deadlineMs;
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
