import { backoff, pause } from "../time/backoff.ts";
import { isTransient } from "../http/transient.ts";

/** How long a stream runs before it gives a first sign of life: most are over by then. */
const FIRST_MS = 500;

/** The least time between two signs of life. */
const PAUSE_MS = 250;

/**
 * Keeps a stream open while its source is quiet. The gateway holds each sign of life back for a while, to answer at once when the stream
 * ends: so it is also how a reader's stop is noticed.
 *
 * @param keep Gives a sign of life.
 * @param signal Ends it.
 * @throws {RealtimeError} `stream_stopped`, `stream_ended`, and nothing else: whether the stream can be sent is not its affair.
 */
export async function keepStream(
  keep: (signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  await pause(FIRST_MS, signal);
  for (let attempt = 0; !signal.aborted;) {
    try {
      await keep(signal);
      attempt = 0;
      await pause(PAUSE_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { code } = Object(error);
      if (code === "stream_stopped" || code === "stream_ended") throw error;
      // A gateway of a version that knows no leases.
      if (!isTransient(error)) return;
      await pause(backoff(attempt++), signal);
    }
  }
}
