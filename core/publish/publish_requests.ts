import { request } from "../http/request.ts";
import { type BatchLine, encodeLine, type LineAnswer } from "./batch_line.ts";
import { keepContext } from "./keep_context.ts";
import type { PublishTarget } from "./publish_target.ts";

/** How many seconds the gateway may hold back the answer to a stream's heartbeat. */
const MAX_KEEP_SECONDS = 20;

/** Publishes messages in order, and returns the answer to each. */
export function postLines(
  target: PublishTarget,
  lines: readonly BatchLine[],
  signal: AbortSignal | undefined,
): Promise<LineAnswer[]> {
  const { gateway: { queue }, channel, action } = target;
  return Promise.all(lines.map((line) => {
    const json = encodeLine(target, line);
    return queue.add({
      channel,
      json,
      action,
      signal,
      inContext: keepContext(),
    });
  }));
}

/**
 * Tells the gateway that the producer of a stream is alive. The gateway answers after a while, or at once when the stream ends.
 *
 * @throws {RealtimeError} `stream_stopped`, `stream_ended` or another refusal.
 */
export async function postHeartbeat(
  { gateway, channel, topic, action }: PublishTarget,
  streamId: string,
  signal: AbortSignal,
): Promise<void> {
  const context = await gateway.context;
  // Half of the time that a request may take.
  const seconds = Math.min(MAX_KEEP_SECONDS, context.retry.timeoutMs / 2000);
  const query = new URLSearchParams({
    channel,
    topic,
    stream_id: streamId,
    wait: `${seconds}`,
  });
  await request(context, {
    path: `/v1/realtime/stream/keep?${query}`,
    body: "",
    signal,
    action,
  });
}
