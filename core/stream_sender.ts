import { backoff, pause } from "./backoff.ts";
import type { ChunkQueue, QueuedLine } from "./chunk_queue.ts";
import type { RealtimeError } from "./errors.ts";
import { errorOf } from "./frame.ts";
import { isTransient } from "./http.ts";

/** Where a stream's lines go. */
export interface LineTarget {
  readonly channel: string;
  readonly topic: string;
  readonly fields: Readonly<Record<string, unknown>>;
  send(body: string, signal: AbortSignal): Promise<string>;
}

/** How often lines are sent again that the gateway could not take for the moment. */
const ATTEMPTS = 5;

/**
 * Sends a stream's lines in order, one batch after the other. Each line has a key that is its place in the stream, so that a batch of
 * which nobody knows whether it arrived can be sent again.
 *
 * @returns The id of the stream's start.
 * @throws {RealtimeError} What the gateway refused a line for.
 */
export async function sendLines(
  target: LineTarget,
  streamId: string,
  queue: ChunkQueue,
  signal: AbortSignal,
): Promise<string> {
  let start = "";
  for (let n = 0;;) {
    const lines = await queue.take();
    const body = encodeLines(target, streamId, lines, n);
    const id = await sendBatch(target, body, signal);
    if (n === 0) start = id;
    n += lines.length;
    if (lines.at(-1)?.kind === "datastream-end") return start;
  }
}

function encodeLines(
  { channel, topic, fields }: LineTarget,
  streamId: string,
  lines: readonly QueuedLine[],
  n: number,
): string {
  return lines.map(({ kind, data, metadata = fields.metadata }, i) =>
    JSON.stringify({
      ...fields,
      channel,
      topic,
      kind,
      data,
      metadata,
      stream_id: streamId,
      key: `${streamId}:${n + i}`,
    })
  ).join("\n");
}

/** @returns The id of the first line. */
async function sendBatch(
  target: LineTarget,
  body: string,
  signal: AbortSignal,
): Promise<string> {
  for (let attempt = 0;; attempt++) {
    const answers = (await target.send(body, signal)).trim().split("\n")
      .map((answer) => JSON.parse(answer));
    const refused = answers.find(({ error }) => error);
    if (!refused) return answers[0].id;
    const error: RealtimeError = errorOf(refused.error);
    if (attempt === ATTEMPTS || !isTransient(error)) throw error;
    await pause(backoff(attempt), signal);
  }
}
