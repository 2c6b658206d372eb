import { z } from "zod";
import { RealtimeError } from "../core/errors.ts";
import { errorBody } from "./error_body.ts";
import { parseJson } from "./json.ts";
import { Pace } from "./pace.ts";
import type { MessagePublisher } from "./publisher.ts";

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
  stream_id: z.string().min(1).max(255).optional(),
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

function isStreamKind(kind: string): boolean {
  return kind === "chunk" || kind.startsWith("datastream-");
}

/**
 * Publishes each line of an NDJSON body, in order. One that fails doesn't stop the others.
 *
 * @returns The answer to each line, as JSON.
 */
export async function publishBatch(
  publisher: MessagePublisher,
  body: string,
): Promise<string[]> {
  const answers: string[] = [];
  const pace = new Pace();
  for (const text of body.split("\n")) {
    if (text.trim() === "") continue;
    answers.push(JSON.stringify(await publishLine(publisher, text)));
    await pace.spend(text.length);
  }
  return answers;
}

async function publishLine(
  publisher: MessagePublisher,
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
    const { data, channel, topic, kind, key, metadata } = result.data;
    const fields = result.data;
    const [id] = await publisher.publish(
      {
        channel,
        kind,
        ...(fields.stream_id === undefined
          ? {}
          : { streamId: fields.stream_id }),
        ...(fields.run_id === undefined ? {} : { runId: fields.run_id }),
        ...(fields.fn_id === undefined ? {} : { fnId: fields.fn_id }),
        ...(fields.fn_slug === undefined ? {} : { fnSlug: fields.fn_slug }),
        ...(fields.env_id === undefined ? {} : { envId: fields.env_id }),
        ...(fields.reply_topic === undefined
          ? {}
          : { replyTopic: fields.reply_topic }),
        ...(fields.reply_to === undefined ? {} : { replyTo: fields.reply_to }),
        ...(metadata === undefined
          ? {}
          : { metadata: JSON.stringify(metadata) }),
      },
      [topic],
      JSON.stringify(data),
      key,
    );
    return { id };
  } catch (error) {
    if (!(error instanceof RealtimeError)) throw error;
    return { error: errorBody(error) };
  }
}
