import { hexDigest } from "../protocol/digest.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { postLines } from "./publish_requests.ts";
import type { PublishTarget } from "./publish_target.ts";

/** How many producers may begin a stream with the same key, one after the other. */
const MAX_PRODUCERS = 1000;

/** A data stream that is being published. */
export interface OutgoingStream {
  readonly streamId: string;
  /** The id of its start; empty until the start is sent. */
  id: string;
  /** Why nothing more is sent: a stream with the same key was published before and has ended. */
  readonly ended?: RealtimeError | undefined;
}

/**
 * Sends the start of the stream with this idempotency key. If another producer began that stream and failed, that stream stays in the log
 * unchanged, and a new stream begins whose id has a number.
 *
 * @throws {RealtimeError} The gateway's refusal.
 */
export async function beginStream(
  target: PublishTarget,
  key: string,
  signal: AbortSignal,
): Promise<OutgoingStream> {
  const producer = crypto.randomUUID();
  // A hash is short and fits into a URL, whatever the key is.
  const name = await hexDigest(key);
  for (let n = 1;; n++) {
    const streamId = n === 1 ? name : `${name}~${n}`;
    const [{ id, error } = {}] = await postLines(target, [{
      kind: "datastream-start",
      data: streamId,
      key: `${streamId}:0`,
      stream_id: streamId,
      producer,
    }], signal);
    if (id !== undefined) return { streamId, id, ended: error };
    if (error?.code !== "conflict" || n === MAX_PRODUCERS) throw error;
  }
}
