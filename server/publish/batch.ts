import { z } from "zod";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { errorBody } from "../../core/protocol/error_body.ts";
import { MAX_KEY_TTL } from "../../core/protocol/limits.ts";
import { createEnvelope, MESSAGE_KINDS } from "../wire/envelope.ts";
import { parseJson } from "../wire/json_text.ts";
import { FairTurns } from "./fair_turns.ts";
import { withTtl } from "./idempotency_key.ts";
import type { PublishRate } from "./publish_rates.ts";
import { type MessagePublisher, REQUEST_BYTES } from "./publisher.ts";
import { isStreamKind } from "../streams/stream_message.ts";
import type { Streams } from "../streams/streams.ts";

/** Maximum length of a stream's id, which is a part of idempotency keys. */
export const MAX_STREAM_ID = 240;

/** Maximum number of lines. The module's lines are so long that fewer reach the limit of the body. */
const MAX_LINES = 50_000;

const line = z.object({
  channel: z.string(),
  topic: z.string(),
  data: z.unknown().refine((data) => data !== undefined, "is missing"),
  kind: z.enum(MESSAGE_KINDS).default("data"),
  stream_id: z.string().min(1).max(MAX_STREAM_ID).optional(),
  producer: z.string().min(1).max(255).optional(),
  run_id: z.string().optional(),
  fn_id: z.string().optional(),
  fn_slug: z.string().optional(),
  env_id: z.string().optional(),
  reply_topic: z.string().optional(),
  reply_to: z.string().optional(),
  metadata: z.unknown().optional(),
  key: z.string().optional(),
  key_ttl: z.int().min(1).max(MAX_KEY_TTL).optional(),
}).refine(
  ({ kind, stream_id }) => stream_id !== undefined || !isStreamKind(kind),
  "stream_id is missing",
);

/** How many characters the further lines of a batch may append to logs. */
interface Allowance {
  chars: number;
}

/** The result of a line. A line of a stream that has ended may have both. */
interface LineResult {
  readonly id?: string | undefined;
  readonly error?: RealtimeError | undefined;
}

/**
 * Publishes each line of an NDJSON body, in order; returns the results as JSON. A line that fails doesn't stop the others.
 *
 * @param refused Called with the error of each line that fails.
 * @throws {RealtimeError} `too_large` for too many lines; nothing is published then.
 */
export async function publishBatch(
  publisher: MessagePublisher,
  streams: Streams,
  rate: PublishRate,
  body: string,
  refused: (error: RealtimeError) => void,
): Promise<string[]> {
  requireLines(body);
  const allowance = { chars: REQUEST_BYTES };
  const results: string[] = [];
  const turns = new FairTurns();
  let outage: RealtimeError | undefined;
  for (const text of body.split("\n")) {
    if (text.trim() === "") continue;
    // The broker is away: each further line would wait for it as long as the first one did.
    const { id, error }: LineResult = outage
      ? { error: outage }
      : await publishLine(publisher, streams, rate, text, allowance);
    results.push(JSON.stringify({ id, error: error && errorBody(error) }));
    if (error) refused(error);
    if (error?.code === "unavailable") outage = error;
    // Waiting for nothing would cost each line a turn of the queue of promises.
    const turn = turns.spend(text.length);
    if (turn) await turn;
  }
  return results;
}

/** Counts the lines before anything is built of them. */
function requireLines(body: string): void {
  let lines = 1;
  for (
    let end = body.indexOf("\n");
    end !== -1 && end < body.length - 1;
    end = body.indexOf("\n", end + 1)
  ) {
    if (++lines <= MAX_LINES) continue;
    const problem = `it has more than ${MAX_LINES} lines`;
    const message = `Cannot publish the batch: ${problem}`;
    throw new RealtimeError("too_large", message);
  }
}

async function publishLine(
  publisher: MessagePublisher,
  streams: Streams,
  rate: PublishRate,
  text: string,
  allowance: Allowance,
): Promise<LineResult> {
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
    const { channel, topic, kind, producer } = result.data;
    const { stream_id: streamId, key_ttl: ttl } = result.data;
    const key = withTtl(result.data.key, ttl);
    const envelope = createEnvelope(channel, result.data, "batch");
    const topics = [topic];
    const data = JSON.stringify(result.data.data);
    // A number can be longer than in the body: 1e20 has 21 digits.
    const chars = data.length + (envelope.metadata?.length ?? 0);
    if (chars > allowance.chars) {
      const problem = `the batch exceeds ${REQUEST_BYTES / 1024} KiB`;
      const message = `Cannot publish the line: ${problem}`;
      throw new RealtimeError("too_large", message);
    }
    allowance.chars -= chars;
    if (streamId === undefined || !isStreamKind(kind)) {
      const message = { ...envelope, kind, streamId };
      const published = publisher.publish(message, topics, data, key);
      const [id] = published instanceof Promise ? await published : published;
      return { id };
    }
    publisher.require(channel, topics);
    const message = { ...envelope, kind, streamId };
    const options = { key, producer, publisher };
    const sent = await streams.publish(message, topics, data, options);
    return { id: sent.ids[0], error: sent.error };
  } catch (error) {
    if (!(error instanceof RealtimeError)) throw error;
    return { error };
  }
}
