import { z } from "zod";
import { RealtimeError } from "../core/errors.ts";
import type { PublishGrant } from "./auth.ts";
import { parseJson } from "./json.ts";
import { Pace } from "./pace.ts";
import { type Publisher, quote } from "./publisher.ts";

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
  publisher: Publisher,
  grant: PublishGrant,
  body: string,
): Promise<string[]> {
  const answers: string[] = [];
  const pace = new Pace();
  let outage: string | undefined;
  for (const text of body.split("\n")) {
    if (text.trim() === "") continue;
    const answer = outage ??
      JSON.stringify(await publishLine(publisher, grant, text));
    answers.push(answer);
    // Each line would wait as long for the broker as the one before.
    if (answer.startsWith('{"error":{"code":"unavailable"')) outage = answer;
    await pace.spend(text.length);
  }
  return answers;
}

async function publishLine(
  publisher: Publisher,
  grant: PublishGrant,
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
    if (!grant(channel, topic)) {
      throw new RealtimeError(
        "forbidden",
        `Cannot publish to ${quote(channel)}: the token doesn't grant topic ${
          quote(topic)
        }`,
      );
    }
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
    return { error: { code: error.code, message: error.message } };
  }
}
