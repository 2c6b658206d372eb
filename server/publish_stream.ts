import { RealtimeError } from "../core/errors.ts";
import type { Envelope } from "./envelope.ts";
import { Pace } from "./pace.ts";
import type { MessagePublisher } from "./publisher.ts";

/** Where a stream began: one id a topic. */
export interface StreamStart {
  readonly id: string;
  readonly streamId: string;
}

/** The longest piece that is published as one message, in characters. */
const PIECE_LENGTH = 16 * 1024;

/** A character of text has at most this many bytes in JSON: `\u0000`. */
const ESCAPED_BYTES = 6;

/** The text of a body while it arrives, in pieces that fit into a message, never a part of a character. */
async function* textOf(
  body: ReadableStream<Uint8Array> | null,
  maxBytes: number,
): AsyncGenerator<string> {
  if (!body) return;
  const length = Math.min(PIECE_LENGTH, Math.floor(maxBytes / ESCAPED_BYTES));
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for await (const bytes of body) {
    yield* split(decoder.decode(bytes, { stream: true }), length);
  }
  yield* split(decoder.decode(), length);
}

function* split(text: string, length: number): Generator<string> {
  for (let start = 0; start < text.length;) {
    let end = start + Math.max(length, 2);
    const isHalf = /[\ud800-\udbff]/.test(text.charAt(end - 1));
    if (isHalf && end < text.length) end--;
    yield text.slice(start, end);
    start = end;
  }
}

/**
 * Publishes a body as a data stream while it arrives. If it breaks off, the stream ends in an error that readers see.
 *
 * @throws {RealtimeError} `invalid_data` when the body is not UTF-8 or broke off.
 */
export async function publishText(
  publisher: MessagePublisher,
  envelope: Omit<Envelope, "topic">,
  topics: readonly string[],
  body: ReadableStream<Uint8Array> | null,
): Promise<StreamStart[]> {
  const streamId = crypto.randomUUID();
  const stream = { ...envelope, streamId };
  const id = JSON.stringify(streamId);
  const ids = await publisher.publish(
    { ...stream, kind: "datastream-start" },
    topics,
    id,
  );
  const end = { ...stream, kind: "datastream-end" } as const;
  const pace = new Pace();
  try {
    for await (const text of textOf(body, publisher.maxMessageBytes)) {
      await publisher.publish(
        { ...stream, kind: "chunk" },
        topics,
        JSON.stringify(text),
      );
      await pace.spend(text.length);
    }
  } catch (cause) {
    const error = streamError(cause);
    const { code, message } = error;
    const metadata = JSON.stringify({ error: { code, message } });
    await publisher.publish({ ...end, metadata }, topics, id);
    throw error;
  }
  await publisher.publish(end, topics, id);
  return ids.map((id) => ({ id, streamId }));
}

/** Publishes a body's pieces, as they arrive and as they are, to the channel's topic `$stream`. */
export async function publishTee(
  publisher: MessagePublisher,
  channel: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<string[]> {
  const streamId = crypto.randomUUID();
  const ids: string[] = [];
  const pace = new Pace();
  try {
    for await (const raw of textOf(body, publisher.maxMessageBytes)) {
      ids.push(
        ...await publisher.publish(
          { channel, kind: "chunk", streamId, raw },
          ["$stream"],
          JSON.stringify(raw),
        ),
      );
      await pace.spend(raw.length);
    }
  } catch (cause) {
    throw streamError(cause);
  }
  return ids;
}

function streamError(cause: unknown): RealtimeError {
  if (cause instanceof RealtimeError) return cause;
  const reason =
    cause instanceof TypeError && /utf-?8|encod/i.test(cause.message)
      ? "it is not UTF-8"
      : "it broke off";
  return new RealtimeError(
    "invalid_data",
    `Cannot publish the stream: ${reason}`,
    { cause },
  );
}
