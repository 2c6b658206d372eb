import { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { type ErrorBody, errorBody } from "../../core/protocol/error_body.ts";
import { createEnvelope, MESSAGE_KINDS } from "../wire/envelope.ts";
import { parseJson } from "../wire/json_text.ts";
import { FairTurns } from "./fair_turns.ts";
import type { PublishRate } from "./publish_rates.ts";
import type { MessagePublisher } from "./publisher.ts";
import { isStreamKind } from "../streams/stream_message.ts";
import type { Streams } from "../streams/streams.ts";

/** Maximum length of a stream's id, which is a part of idempotency keys. */
export const MAX_STREAM_ID = 240;

const line = z.object({
  channel: z.string(),
  topic: z.string(),
  data: z.unknown().refine((data) => data !== undefined, "is missing"),
  kind: z.enum(MESSAGE_KINDS).default("data"),
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

/** Publishes each line of an NDJSON body, in order; returns the results as JSON. A line that fails doesn't stop the others. */
export async function publishBatch(
  publisher: MessagePublisher,
  streams: Streams,
  rate: PublishRate,
  body: string,
): Promise<string[]> {
  const results: string[] = [];
  const turns = new FairTurns();
  let outage: string | undefined;
  for (const text of body.split("\n")) {
    if (text.trim() === "") continue;
    if (outage !== undefined) {
      results.push(outage);
      continue;
    }
    const result = await publishLine(publisher, streams, rate, text);
    results.push(JSON.stringify(result));
    // The broker is away: each further line would wait for it as long as this one did.
    if (result.error?.code === "unavailable") outage = results.at(-1);
    await turns.spend(text.length);
  }
  return results;
}

async function publishLine(
  publisher: MessagePublisher,
  streams: Streams,
  rate: PublishRate,
  text: string,
): Promise<{ id?: string; error?: ErrorBody }> {
  try {
    rate.spend(1);
    const result = line.safeParse(parseJson(text, "the line"));
    if (!result.success) {
      const issue = result.error.issues[0];
      const where = issue?.path.join(".") || "line";
      const problem = `${where}: ${issue?.message ?? "is malformed"}`;
      const message = `Cannot publish the line: ${problem}`;
      throw new RealtimeError("invalid_argument", message);
    }
    const { channel, topic, kind, key, producer } = result.data;
    const { stream_id: streamId } = result.data;
    const envelope = createEnvelope(channel, result.data);
    const topics = [topic];
    const data = JSON.stringify(result.data.data);
    if (streamId === undefined || !isStreamKind(kind)) {
      const message = { ...envelope, kind, streamId };
      const [id] = await publisher.publish(message, topics, data, key);
      return { id };
    }
    publisher.require(channel, topics);
    const message = { ...envelope, kind, streamId };
    const options = { key, producer, publisher };
    const sent = await streams.publish(message, topics, data, options);
    return { id: sent.ids[0], error: sent.error && errorBody(sent.error) };
  } catch (error) {
    if (!(error instanceof RealtimeError)) throw error;
    return { error: errorBody(error) };
  }
}
