import { backoff, pause } from "../time/backoff.ts";
import type { ChunkQueue, QueuedLine } from "./chunk_queue.ts";
import { hexDigest } from "../protocol/digest.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { errorOf } from "../protocol/error_body.ts";
import { isTransient } from "../http/transient.ts";

/** Where a stream's lines go. */
export interface LineTarget {
  readonly channel: string;
  readonly topic: string;
  readonly fields: Readonly<Record<string, unknown>>;
  send(body: string, signal: AbortSignal): Promise<string>;
}

/** A stream that can be sent. */
export interface BegunStream {
  readonly streamId: string;
  /** The id of its start; empty as long as that was not sent. */
  readonly id: string;
  /** Why it is not sent: it was published before, with the same key, and has ended. */
  readonly ended?: RealtimeError;
}

/** The answer to a line. */
interface LineAnswer {
  readonly id?: string;
  readonly error?: { readonly code: string; readonly message: string };
}

/** How often lines are sent again that the gateway could not take for the moment. */
const ATTEMPTS = 5;

/** How many producers may have begun a stream with one key, one after the other. */
const MAX_PRODUCERS = 1000;

/** Characters that the start and the end count. */
export const EDGE_SIZE = 64;

/** The start of a stream. */
export function startLine(streamId: string): QueuedLine {
  return { kind: "datastream-start", data: streamId, size: EDGE_SIZE };
}

/**
 * Begins the stream that a key names, unless that was published already. Where another producer began it and came to no good end, its
 * text is another one: it is left as it is, and this is the next stream of that name.
 *
 * @throws {RealtimeError} What the gateway refused it for.
 */
export async function beginStream(
  target: LineTarget,
  key: string,
  signal: AbortSignal,
): Promise<BegunStream> {
  const producer = crypto.randomUUID();
  // Short and fit for a URL, whatever the key is.
  const name = await hexDigest(key);
  for (let n = 1;; n++) {
    const streamId = n === 1 ? name : `${name}~${n}`;
    const lines = [startLine(streamId)];
    const body = encodeLines(target, streamId, lines, 0, producer);
    const [{ id, error } = {}] = await sendBatch(target, body, signal);
    if (id !== undefined) {
      return { streamId, id, ...error && { ended: errorOf(error) } };
    }
    if (error?.code !== "conflict" || n === MAX_PRODUCERS) {
      throw errorOf(error ?? NO_ANSWER);
    }
  }
}

/**
 * Sends a stream's lines in order, one batch after the other. Each line has a key that is its place in the stream, so that a batch of
 * which nobody knows whether it arrived can be sent again.
 *
 * @param begun What of it was sent already.
 * @param onStart Called with the id of the stream's start.
 * @throws {RealtimeError} What the gateway refused a line for.
 */
export async function sendLines(
  target: LineTarget,
  { streamId, id }: BegunStream,
  queue: ChunkQueue,
  onStart: (id: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let n = id === "" ? 0 : 1;
  for (;;) {
    const lines = await queue.take();
    const body = encodeLines(target, streamId, lines, n);
    const answers = await sendBatch(target, body, signal);
    if (n === 0) onStart(String(answers[0]?.id));
    n += lines.length;
    const isEnd = lines.at(-1)?.kind === "datastream-end";
    const refused = answers.find(({ error }) => error)?.error;
    // What was sent again comes after its own end.
    const isRepeated = isEnd && answers.at(-1)?.id &&
      refused?.code === "stream_ended";
    if (refused && !isRepeated) throw errorOf(refused);
    if (isEnd) return;
  }
}

function encodeLines(
  { channel, topic, fields }: LineTarget,
  streamId: string,
  lines: readonly QueuedLine[],
  n: number,
  producer?: string,
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
      producer,
    })
  ).join("\n");
}

/** What stands for an answer that is missing. */
const NO_ANSWER = {
  code: "internal",
  message: "The gateway left a line without an answer",
};

/** Sends lines, again where the gateway could not take them for the moment. */
async function sendBatch(
  target: LineTarget,
  body: string,
  signal: AbortSignal,
): Promise<LineAnswer[]> {
  for (let attempt = 0;; attempt++) {
    const answers: LineAnswer[] = (await target.send(body, signal)).trim()
      .split("\n").map((answer) => JSON.parse(answer));
    const refused = answers.find(({ error }) => error)?.error;
    const isOver = !refused || attempt === ATTEMPTS ||
      !isTransient(errorOf(refused));
    if (isOver) return answers;
    await pause(backoff(attempt), signal);
  }
}
