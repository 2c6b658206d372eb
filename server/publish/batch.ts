import { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import type { MessageKind } from "../../core/protocol/frames.ts";
import { errorBody } from "../../core/protocol/error_body.ts";
import { createEnvelope } from "../wire/envelope.ts";
import { parseJson } from "../wire/json_text.ts";
import { FairTurns } from "./fair_turns.ts";
import type { MessagePublisher } from "./publisher.ts";
import type { Streams } from "../streams/streams.ts";

/** Characters of a stream's id: it is a part of idempotency keys. */
export const MAX_STREAM_ID = 240;

const line = z.object({
  channel: z.string(),
  topic: z.string(),
  data: z.unknown().refine((data) => data !== undefined, "is missing"),
  kind: z.enum([
    "data",
    "run",
    "step",
    "event",
    "datastream-start",
    "chunk",
    "datastream-end",
  ]).default("data"),
  stream_id: z.string().min(1).max(MAX_STREAM_ID).optional(),
  producer: z.string().min(1).max(255).optional(),
  run_id: z.string().optional(),
  fn_id: z.string().optional(),
  fn_slug: z.string().max(255).optional(),
  env_id: z.string().optional(),
  reply_topic: z.string().optional(),
  reply_to: z.string().optional(),
  metadata: z.unknown().optional(),
  key: z.string().optional(),
}).refine(
  ({ kind, stream_id }) => stream_id !== undefined || !isStreamKind(kind),
  "stream_id is missing",
);

function isStreamKind(
  kind: MessageKind,
): kind is "datastream-start" | "chunk" | "datastream-end" {
  return kind === "chunk" || kind.startsWith("datastream-");
}

/**
 * Publishes each line of an NDJSON body, in order. One that fails doesn't stop the others.
 *
 * @returns The answer to each line, as JSON.
 */
export async function publishBatch(
  publisher: MessagePublisher,
  streams: Streams,
  body: string,
): Promise<string[]> {
  const answers: string[] = [];
  const turns = new FairTurns();
  let outage: string | undefined;
  for (const text of body.split("\n")) {
    if (text.trim() === "") continue;
    const answer = outage ??
      JSON.stringify(await publishLine(publisher, streams, text));
    answers.push(answer);
    // Each line would wait as long for the broker as the one before.
    if (answer.startsWith('{"error":{"code":"unavailable"')) outage = answer;
    await turns.spend(text.length);
  }
  return answers;
}

async function publishLine(
  publisher: MessagePublisher,
  streams: Streams,
  text: string,
): Promise<object> {
  try {
    const result = line.safeParse(parseJson(text, "the line"));
    if (!result.success) {
      const issue = result.error.issues[0];
      const where = issue?.path.join(".") || "line";
      throw new RealtimeError(
        "invalid_argument",
        `Cannot publish the line: ${where}: ${
          issue?.message ?? "is malformed"
        }`,
      );
    }
    const { data, channel, topic, kind, key } = result.data;
    const { stream_id: streamId, producer } = result.data;
    const envelope = createEnvelope(channel, result.data);
    const json = JSON.stringify(data);
    if (streamId !== undefined && isStreamKind(kind)) {
      publisher.require(channel, [topic]);
      const { ids: [id], error } = await streams.publish(
        { ...envelope, kind, streamId },
        [topic],
        json,
        { key, producer, publisher },
      );
      return error ? { id, ...failure(error) } : { id };
    }
    const [id] = await publisher.publish(
      { ...envelope, kind, streamId },
      [topic],
      json,
      key,
    );
    return { id };
  } catch (error) {
    if (!(error instanceof RealtimeError)) throw error;
    return failure(error);
  }
}

function failure(error: RealtimeError): object {
  return { error: errorBody(error) };
}
