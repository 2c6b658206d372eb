import type { RealtimeError } from "../protocol/errors.ts";
import type { LineAnswer } from "./batch_line.ts";
import type { OutgoingStream } from "./begin_stream.ts";
import type { ChunkQueue, QueuedLine } from "./chunk_queue.ts";
import { postLines } from "./publish_requests.ts";
import type { PublishTarget } from "./publish_target.ts";

/** How many characters the start and the end of a stream count. */
const EDGE_SIZE = 64;

/** Makes the first line of a stream. */
export function startLine(streamId: string): QueuedLine {
  return { kind: "datastream-start", data: streamId, size: EDGE_SIZE };
}

/**
 * Makes the last line of a stream.
 *
 * @param problem Why the stream ends early. Subscribers get its code and message, but not its cause, which may be confidential.
 */
export function endLine(
  streamId: string,
  problem: RealtimeError | undefined,
): QueuedLine {
  return {
    kind: "datastream-end",
    data: streamId,
    size: EDGE_SIZE,
    metadata: problem && {
      error: { code: problem.code, message: problem.message },
    },
  };
}

/**
 * Sends a stream's lines in order, one batch after the other, until its end is sent. The idempotency key of a line is its place in the
 * stream, so that a batch can be retried if it is unknown whether it arrived.
 *
 * @param stream Gets the id of its start as soon as the start is sent.
 * @throws {RealtimeError} The gateway's refusal of a line.
 */
export async function sendStream(
  target: PublishTarget,
  stream: OutgoingStream,
  queue: ChunkQueue,
  signal: AbortSignal,
): Promise<void> {
  const { streamId } = stream;
  let place = stream.id === "" ? 0 : 1;
  for (;;) {
    const queued = await queue.take();
    const lines = queued.map(({ kind, data, metadata }, i) => {
      const key = `${streamId}:${place + i}`;
      return { kind, data, metadata, stream_id: streamId, key };
    });
    const answers = await postLines(target, lines, signal);
    if (place === 0) stream.id = answers[0]?.id ?? "";
    place += lines.length;
    const isEnd = lines.at(-1)?.kind === "datastream-end";
    const refusal = refusalOf(answers, isEnd);
    if (refusal) throw refusal;
    if (isEnd) return;
  }
}

function refusalOf(
  answers: readonly LineAnswer[],
  isEnd: boolean,
): RealtimeError | undefined {
  const refusal = answers.find(({ error }) => error)?.error;
  // A retry of the last batch comes after the stream's end. If the end has an id, the first attempt had arrived.
  const hadArrived = isEnd && answers.at(-1)?.id !== undefined &&
    refusal?.code === "stream_ended";
  return hadArrived ? undefined : refusal;
}
