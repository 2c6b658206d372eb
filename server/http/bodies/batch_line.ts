import { z } from "zod";
import { RealtimeError } from "../../../core/protocol/errors.ts";
import { MAX_KEY_TTL } from "../../../core/protocol/limits.ts";
import { readTrace } from "../../../core/protocol/trace.ts";
import type { OtherStreams } from "../../../core/types/realtime.ts";
import { ownStreamId } from "../../publish/client_stream.ts";
import { readOtherStreams } from "../../streams/other_streams.ts";
import { isStreamKind } from "../../wire/stream_message.ts";
import {
  createEnvelope,
  type Envelope,
  MESSAGE_KINDS,
} from "../../wire/envelope.ts";
import { parseJson } from "../../wire/json_text.ts";
import { type MessageKey, withTtl } from "../../publish/idempotency_key.ts";
import type { MessagePublisher } from "../../publish/publisher.ts";

/** Maximum length of a stream's id, which is a part of idempotency keys. */
export const MAX_STREAM_ID = 240;

/** One message of a batch. */
export interface BatchLine {
  readonly envelope: Envelope;
  readonly topic: string;
  /** JSON text on one line. */
  readonly data: string;
  readonly key: MessageKey | undefined;
  /** How the other open streams of the topic are treated, where a stream begins. */
  readonly otherStreams: OtherStreams;
  /** Whether the start joins a stream that another producer has open. */
  readonly join: boolean | undefined;
  /** The line's own place in a trace, a valid `traceparent`. */
  readonly trace: string | undefined;
}

/** The fields that take any text. */
const TEXTS = {
  channel: z.string(),
  topic: z.string(),
  run_id: z.string().optional(),
  fn_id: z.string().optional(),
  fn_slug: z.string().optional(),
  env_id: z.string().optional(),
  reply_topic: z.string().optional(),
  reply_to: z.string().optional(),
  key: z.string().optional(),
  // A malformed one is ignored, as in a header.
  trace: z.unknown().optional(),
};

const schema = z.object({
  ...TEXTS,
  data: z.unknown().refine((data) => data !== undefined, "is missing"),
  kind: z.enum(MESSAGE_KINDS).optional(),
  stream_id: z.string().min(1).max(MAX_STREAM_ID).optional(),
  producer: z.string().min(1).max(255).optional(),
  other_streams: z.unknown().optional(),
  join: z.boolean().optional(),
  metadata: z.unknown().optional(),
  whole: z.boolean().optional(),
  key_ttl: z.int().min(1).max(MAX_KEY_TTL).optional(),
}).refine(
  ({ kind = "data", stream_id }) =>
    stream_id !== undefined || !isStreamKind(kind),
  "stream_id is missing",
);

type Fields = z.infer<typeof schema>;

/**
 * Parses a line.
 *
 * @param sender The publisher, whose stream it is if it has the id of one.
 * @throws {RealtimeError} `invalid_json`, and `invalid_argument` for a line of another form.
 */
export function parseLine(text: string, sender: MessagePublisher): BatchLine {
  const value = parseJson(text, "the line");
  const fields = isPlain(value) ? value : check(value);
  const { stream_id: id } = fields;
  if (id) fields.stream_id = ownStreamId(sender, id);
  return {
    envelope: createEnvelope(fields.channel, fields, "batch"),
    topic: fields.topic,
    data: JSON.stringify(fields.data),
    key: withTtl(fields.key, fields.key_ttl),
    otherStreams: readOtherStreams(fields.other_streams, "the line"),
    join: fields.join,
    trace: readTrace(fields.trace),
  };
}

/**
 * Tells whether a line has data, and otherwise only texts in fields that take any: the schema accepts it as it is. Most lines are such
 * ones, and checking them by the schema takes 1 µs more.
 */
function isPlain(value: unknown): value is Fields {
  const line: Record<string, unknown> = Object(value);
  for (const name in line) {
    if (name === "data") continue;
    if (typeof line[name] !== "string" || !Object.hasOwn(TEXTS, name)) {
      return false;
    }
  }
  return line.channel !== undefined && line.topic !== undefined &&
    line.data !== undefined;
}

function check(value: unknown): Fields {
  const { data, error } = schema.safeParse(value);
  if (data) return data;
  const [issue] = error.issues;
  const where = issue?.path.join(".") || "line";
  const problem = `${where}: ${issue?.message ?? "is malformed"}`;
  const message = `Cannot publish the line: ${problem}`;
  throw new RealtimeError("invalid_argument", message);
}
