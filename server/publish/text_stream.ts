import { RealtimeError } from "../../core/protocol/errors.ts";
import { splitText } from "../../core/protocol/split_text.ts";
import type { Envelope } from "../wire/envelope.ts";
import { FairTurns } from "./fair_turns.ts";
import type { MessagePublisher } from "./publisher.ts";
import { endedError } from "../streams/stream_errors.ts";
import type { Streams } from "../streams/streams.ts";

/** What became of a body. */
export interface PublishedText {
  /** The ids of its start, one for each topic. */
  readonly ids: readonly string[];
  readonly streamId: string;
  /** Whether a reader stopped it. */
  readonly isStopped: boolean;
}

type Body = ReadableStreamDefaultReader<Uint8Array> | undefined;

/** The longest piece that is published as one message, in characters. */
const PIECE_LENGTH = 16 * 1024;

/** A character of text has at most this many bytes in JSON: `\u0000`. */
const ESCAPED_BYTES = 6;

/** The text of a body while it arrives, in pieces that fit into a message, never a part of a character. */
async function* textOf(
  body: Body,
  maxBytes: number,
): AsyncGenerator<string> {
  if (!body) return;
  const length = Math.min(
    PIECE_LENGTH,
    Math.max(2, Math.floor(maxBytes / ESCAPED_BYTES)),
  );
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for (;;) {
    const { done, value } = await body.read();
    if (done) break;
    yield* splitText(decoder.decode(value, { stream: true }), length);
  }
  yield* splitText(decoder.decode(), length);
}

/**
 * Publishes a body as a data stream while it arrives. If it breaks off, the stream ends in an error that readers see. If the stream
 * ends before it, since a reader stopped it or nothing came for too long, it is not read any further.
 *
 * @param patienceMs How long the body may be silent; by default as long as the lease of any stream.
 * @throws {RealtimeError} `invalid_data` when the body is not UTF-8 or broke off, `stream_ended` when it was silent for too long.
 */
export async function publishText(
  { publisher, streams }: {
    readonly publisher: MessagePublisher;
    readonly streams: Streams;
  },
  envelope: Omit<Envelope, "streamId" | "kind">,
  topics: readonly string[],
  body: ReadableStream<Uint8Array> | null,
  patienceMs: number | undefined,
): Promise<PublishedText> {
  const { channel } = envelope;
  const streamId = crypto.randomUUID();
  const stream = { ...envelope, streamId };
  const id = JSON.stringify(streamId);
  const { ids } = await streams.publish(
    { ...stream, kind: "datastream-start" },
    topics,
    id,
    { patienceMs, publisher },
  );
  const end = { ...stream, kind: "datastream-end" } as const;
  const reader = body?.getReader();
  const ended = streams.signal(channel, streamId);
  // What waits for the body's next piece is then given its end.
  const leave = (): void => void reader?.cancel().catch(() => undefined);
  ended.addEventListener("abort", leave);
  if (ended.aborted) leave();
  const turns = new FairTurns();
  try {
    for await (const text of textOf(reader, publisher.maxMessageBytes)) {
      await streams.publish(
        { ...stream, kind: "chunk" },
        topics,
        JSON.stringify(text),
        { publisher },
      );
      await turns.spend(text.length);
    }
    await streams.publish(end, topics, id, { publisher });
  } catch (cause) {
    const isOver = streams.endOf(channel, streamId);
    if (!isOver) {
      const error = streamError(cause);
      const { code, message } = error;
      const metadata = JSON.stringify({ error: { code, message } });
      await streams.publish({ ...end, metadata }, topics, id, { publisher });
      throw error;
    }
    if (isOver.reason !== "stopped") throw endedError(channel, isOver);
  } finally {
    ended.removeEventListener("abort", leave);
  }
  const isStopped = streams.endOf(channel, streamId)?.reason === "stopped";
  return { ids, streamId, isStopped };
}

/** Publishes a body's pieces, as they arrive and as they are, to the channel's topic `$stream`. */
export async function publishTee(
  publisher: MessagePublisher,
  channel: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<string[]> {
  const streamId = crypto.randomUUID();
  const ids: string[] = [];
  const turns = new FairTurns();
  try {
    for await (
      const raw of textOf(body?.getReader(), publisher.maxMessageBytes)
    ) {
      ids.push(
        ...await publisher.publish(
          { channel, kind: "chunk", streamId, raw },
          ["$stream"],
          JSON.stringify(raw),
        ),
      );
      await turns.spend(raw.length);
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
