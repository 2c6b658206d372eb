import { RealtimeError } from "../core/errors.ts";
import type { Envelope } from "./envelope.ts";
import type { Publisher } from "./publisher.ts";

/** Where a stream began: one id a topic. */
export interface StreamStart {
  readonly id: string;
  readonly streamId: string;
}

/** The text of a body while it arrives, never a part of a character. */
async function* textOf(
  body: ReadableStream<Uint8Array> | null,
): AsyncGenerator<string> {
  if (!body) return;
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  for await (const bytes of body) {
    const text = decoder.decode(bytes, { stream: true });
    if (text) yield text;
  }
  const rest = decoder.decode();
  if (rest) yield rest;
}

/**
 * Publishes a body as a data stream while it arrives. If it breaks off, the stream ends in an error that readers see.
 *
 * @throws {RealtimeError} `invalid_data` when the body is not UTF-8 or broke off.
 */
export async function publishText(
  publisher: Publisher,
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
  try {
    for await (const text of textOf(body)) {
      await publisher.publish(
        { ...stream, kind: "chunk" },
        topics,
        JSON.stringify(text),
      );
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
  publisher: Publisher,
  channel: string,
  body: ReadableStream<Uint8Array> | null,
): Promise<string[]> {
  const streamId = crypto.randomUUID();
  const ids: string[] = [];
  try {
    for await (const raw of textOf(body)) {
      ids.push(
        ...await publisher.publish(
          { channel, kind: "chunk", streamId, raw },
          ["$stream"],
          JSON.stringify(raw),
        ),
      );
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
