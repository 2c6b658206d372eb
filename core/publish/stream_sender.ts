import { hexDigest } from "../protocol/digest.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { OtherStreams } from "../types/app.ts";
import type { LineAnswer } from "./batch_line.ts";
import type { PublishTarget } from "./publish_target.ts";
import type { ChunkQueue, QueuedLine } from "./chunk_queue.ts";
import { postLines } from "./publish_requests.ts";

/** How many producers may begin a stream with the same key, one after the other. */
const MAX_PRODUCERS = 1000;

/** A data stream that is being published. */
export interface OutgoingStream {
  readonly streamId: string;
  /** The id of its start; empty until the start is sent. */
  readonly id: string;
  /** Why nothing more is sent: a stream with the same key was published before and has ended, or is open and joined. */
  readonly ended?: RealtimeError | undefined;
}

/** How a stream begins. */
export interface StreamBeginning {
  /** The idempotency key, with which a stream is published once; the stream has a new id without one. */
  readonly key: string | undefined;
  /** How long the gateway remembers the key, in seconds. */
  readonly keyTtl: number | undefined;
  /** How the other open streams of the topic are treated. */
  readonly otherStreams: OtherStreams | undefined;
  /** Whether an open stream with the same key is joined. */
  readonly join: boolean | undefined;
}

/**
 * Sends the start of a stream alone, because the gateway may refuse it. If another producer began the stream with this idempotency key and
 * failed, that stream stays in the log unchanged, and a new stream begins whose id has a number.
 *
 * @throws {RealtimeError} The gateway's refusal.
 */
export async function beginStream(
  target: PublishTarget,
  { key, keyTtl, otherStreams, join }: StreamBeginning,
  signal: AbortSignal,
): Promise<OutgoingStream> {
  const producer = crypto.randomUUID();
  // A hash is short and fits into a URL, whatever the key is.
  const name = key === undefined ? crypto.randomUUID() : await hexDigest(key);
  for (let n = 1;; n++) {
    const streamId = n === 1 ? name : `${name}~${n}`;
    const [{ id, error } = {}] = await postLines(target, [{
      kind: "datastream-start",
      data: JSON.stringify(streamId),
      key: `${streamId}:0`,
      key_ttl: keyTtl,
      stream_id: streamId,
      producer,
      other_streams: otherStreams,
      join,
    }], signal);
    if (id !== undefined) return { streamId, id, ended: error };
    if (error?.code !== "conflict" || n === MAX_PRODUCERS) throw error;
  }
}

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
 * @param started Called with the id of the stream's start, if the start is among the lines that are sent.
 * @throws {RealtimeError} The gateway's refusal of a line.
 */
export async function sendStream(
  target: PublishTarget,
  stream: OutgoingStream,
  queue: ChunkQueue,
  signal: AbortSignal,
  started: (id: string) => void,
): Promise<void> {
  const { streamId } = stream;
  let place = stream.id === "" ? 0 : 1;
  for (;;) {
    const queued = await queue.take();
    const lines = queued.map(({ kind, data, metadata, isWhole }, i) => {
      const key = `${streamId}:${place + i}`;
      const json = JSON.stringify(data);
      const whole = isWhole || undefined;
      return { kind, data: json, metadata, stream_id: streamId, key, whole };
    });
    const answers = await postLines(target, lines, signal);
    const [{ id: startId } = {}] = answers;
    if (place === 0 && startId !== undefined) started(startId);
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
