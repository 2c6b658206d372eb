import { RealtimeError } from "../../../core/protocol/errors.ts";
import { splitText } from "../../../core/protocol/split_text.ts";
import type { OtherStreams } from "../../../core/types/realtime.ts";
import type { Envelope } from "../../wire/envelope.ts";
import { FairTurns } from "./fair_turns.ts";
import type { PublishRate } from "../../publish/publish_rates.ts";
import { maxBytesFor, type MessagePublisher } from "../../publish/publisher.ts";
import { ownStreamId } from "../../publish/client_stream.ts";
import { endedError } from "../../streams/stream_end.ts";
import { TEE_TOPIC } from "../../wire/stream_message.ts";
import type { Streams } from "../../streams/streams.ts";

/** A body that was published as a data stream. */
export interface PublishedText {
  /** The ids of its start, one for each topic. */
  readonly ids: readonly string[];
  readonly streamId: string;
  /** Whether a reader stopped the stream. */
  readonly isStopped: boolean;
}

/** Maximum length of the text of one chunk, in characters. */
const CHUNK_LENGTH = 16 * 1024;

/** Maximum bytes of a character in JSON: `\u0000`. */
const ESCAPED_BYTES = 6;

/** Reads the text of a body while it arrives, in chunks of whole characters that fit into a message. */
async function* readChunks(
  body: ReadableStreamDefaultReader<Uint8Array> | undefined,
  maxBytes: number,
): AsyncGenerator<string> {
  if (!body) return;
  const fitting = Math.max(2, Math.floor(maxBytes / ESCAPED_BYTES));
  const length = Math.min(CHUNK_LENGTH, fitting);
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  try {
    for (;;) {
      const { done, value } = await body.read();
      if (done) break;
      yield* splitText(decode(decoder, value), length);
    }
    yield* splitText(decode(decoder), length);
  } finally {
    // Deno never frees a body that nobody reads to its end or cancels.
    body.cancel().catch(() => undefined);
  }
}

/**
 * Publishes a body as a data stream while it arrives. If the body breaks off, the stream ends with an error that readers see. If the stream
 * ends first, because a reader stopped it or the body was silent for too long, the rest of the body is not read.
 *
 * @throws {RealtimeError} `invalid_data` when the body is not UTF-8 or broke off, `stream_ended` when it was silent for too long.
 */
export async function publishText(
  { publisher, streams, patienceMs, otherStreams, rate }: {
    readonly publisher: MessagePublisher;
    readonly streams: Streams;
    /** How many milliseconds the body may be silent; by default the lease of every stream. */
    readonly patienceMs: number | undefined;
    /** How the other open streams of the topics are treated. */
    readonly otherStreams: OtherStreams;
    /** The rate of the chunks. The start is counted already; the end isn't, as each start has one. */
    readonly rate: PublishRate;
  },
  envelope: Omit<Envelope, "streamId" | "kind">,
  topics: readonly string[],
  body: ReadableStream<Uint8Array> | null,
): Promise<PublishedText> {
  const { channel, metadata = "", fnSlug = "" } = envelope;
  const streamId = ownStreamId(publisher, crypto.randomUUID());
  const stream = { ...envelope, streamId };
  const id = JSON.stringify(streamId);
  const start = { ...stream, kind: "datastream-start" } as const;
  const chunk = { ...stream, kind: "chunk" } as const;
  const end = { ...stream, kind: "datastream-end" } as const;
  const options = { publisher, patienceMs };
  const beginning = { ...options, otherStreams };
  const { ids } = await streams.publish(start, topics, id, beginning);
  const reader = body?.getReader();
  const ended = streams.signal(channel, streamId);
  // Canceling ends the read that is pending.
  const cancel = (): void => void reader?.cancel().catch(() => undefined);
  ended.addEventListener("abort", cancel);
  if (ended.aborted) cancel();
  const turns = new FairTurns();
  const chunkBytes = maxBytesFor(publisher.maxMessageBytes, topics.length) -
    new TextEncoder().encode(metadata + fnSlug).length;
  try {
    for await (const text of readChunks(reader, chunkBytes)) {
      const data = JSON.stringify(text);
      await rate.pace(topics.length);
      await streams.publish(chunk, topics, data, options);
      await turns.spend(text.length);
    }
    await streams.publish(end, topics, id, options);
  } catch (cause) {
    const known = streams.endOf(channel, streamId);
    if (!known) {
      const error = bodyError(cause);
      const { code, message } = error;
      const reason = { error: { code, message } };
      // A token that was revoked meanwhile can't end the stream either.
      if (code === "forbidden") {
        await streams.breakOff(channel, streamId, reason);
      } else {
        const metadata = JSON.stringify(reason);
        await streams.publish({ ...end, metadata }, topics, id, options);
      }
      throw error;
    }
    if (known.reason !== "stopped") throw endedError(channel, known);
  } finally {
    ended.removeEventListener("abort", cancel);
  }
  const isStopped = streams.endOf(channel, streamId)?.reason === "stopped";
  return { ids, streamId, isStopped };
}

/** The sender of a body that is passed on as it is. */
export interface TeeOptions {
  readonly publisher: MessagePublisher;
  /** The rate of the chunks after the first one, which is counted already. */
  readonly rate: PublishRate;
  /** How many milliseconds the body may be silent. */
  readonly patienceMs: number;
}

/**
 * Publishes a body while it arrives, byte for byte, to the channel's topic `$stream`.
 *
 * @throws {RealtimeError} `invalid_data` when the body is not UTF-8, broke off, or was silent for too long.
 */
export async function publishTee(
  { publisher, rate, patienceMs }: TeeOptions,
  channel: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<string[]> {
  const streamId = crypto.randomUUID();
  const ids: string[] = [];
  const turns = new FairTurns();
  const reader = body?.getReader();
  const chunks = readChunks(reader, publisher.maxMessageBytes);
  let isSilent = false;
  function onSilence(): void {
    isSilent = true;
    // It ends the read that is pending.
    reader?.cancel().catch(() => undefined);
  }
  let timer = setTimeout(onSilence, patienceMs);
  try {
    for await (const raw of chunks) {
      clearTimeout(timer);
      timer = setTimeout(onSilence, patienceMs);
      const envelope = { channel, kind: "chunk", streamId, raw } as const;
      const data = JSON.stringify(raw);
      if (ids.length > 0) await rate.pace(1);
      ids.push(...await publisher.publish(envelope, [TEE_TOPIC], data));
      await turns.spend(raw.length);
    }
  } catch (cause) {
    throw bodyError(cause);
  } finally {
    clearTimeout(timer);
  }
  if (isSilent) throw invalidBody("it was silent for too long");
  return ids;
}

/** Decodes the next bytes of a body, or its end. */
function decode(decoder: TextDecoder, bytes?: Uint8Array): string {
  try {
    return decoder.decode(bytes, { stream: bytes !== undefined });
  } catch (cause) {
    throw invalidBody("it is not UTF-8", cause);
  }
}

function bodyError(cause: unknown): RealtimeError {
  return cause instanceof RealtimeError
    ? cause
    : invalidBody("it broke off", cause);
}

function invalidBody(problem: string, cause?: unknown): RealtimeError {
  const message = `Cannot publish the stream: ${problem}`;
  return new RealtimeError("invalid_data", message, { cause });
}
