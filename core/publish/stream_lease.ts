import { backoff, pause } from "../time/backoff.ts";
import { isTransient } from "../http/transient.ts";

/** When the first heartbeat is sent: most streams are over by then. */
const FIRST_MS = 500;

/** The pause between two heartbeats. */
const PAUSE_MS = 250;

/**
 * Keeps a stream open while its source is quiet, by heartbeats. The gateway delays its answer to a heartbeat and answers at once when the
 * stream ends, so that the producer also learns here that a reader stopped the stream. `beat` sends one heartbeat.
 *
 * @throws {RealtimeError} `stream_stopped` or `stream_ended`. All other failures are left to the requests that send chunks.
 */
export async function keepStream(
  beat: (signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  await pause(FIRST_MS, signal);
  for (let attempt = 0; !signal.aborted;) {
    try {
      await beat(signal);
      attempt = 0;
      await pause(PAUSE_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      const { code } = Object(error);
      if (code === "stream_stopped" || code === "stream_ended") throw error;
      // An older gateway has no such route.
      if (!isTransient(error)) return;
      await pause(backoff(attempt++), signal);
    }
  }
}
