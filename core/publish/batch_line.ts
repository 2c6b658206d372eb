import type { HttpContext } from "../http/request.ts";
import { badAnswer, parseAnswer } from "../http/json_answer.ts";
import { errorOf } from "../protocol/error_body.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { MessageKind } from "../protocol/frames.ts";

/** The destination of messages, with the fields that they have in common. */
export interface PublishTarget {
  readonly context: HttpContext;
  readonly channel: string;
  readonly topic: string;
  /** The optional fields of each message, under the wire's names. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The beginning of error messages: `Cannot publish to "user:1"`. */
  readonly action: string;
  /** The `traceparent` of the span that publishes them, if there is one. */
  readonly trace?: string | undefined;
}

/** One message of a batch request, without the fields of its target. */
export interface BatchLine {
  readonly kind: MessageKind;
  readonly data: unknown;
  /** The idempotency key. */
  readonly key: string;
  /** How long the gateway remembers the key, in seconds. */
  readonly key_ttl?: number | undefined;
  /** Replaces the target's metadata. */
  readonly metadata?: unknown;
  readonly stream_id?: string;
  /** Identifies the process that begins a stream with a key. */
  readonly producer?: string | undefined;
}

/** The gateway's answer to one line. Both fields are there if the message was published before and its stream has ended since. */
export interface LineAnswer {
  /** The message's id. */
  readonly id?: string | undefined;
  readonly error?: RealtimeError;
}

/** Encodes a line as JSON. */
export function encodeLine(
  { channel, topic, fields }: PublishTarget,
  line: BatchLine,
): string {
  const { metadata = fields.metadata } = line;
  return JSON.stringify({ ...fields, channel, topic, ...line, metadata });
}

/**
 * Decodes the answers to a batch of `count` lines. A line without an answer gets an error.
 *
 * @throws {RealtimeError} `internal` if an answer is not JSON.
 */
export function decodeLineAnswers(
  text: string,
  count: number,
  action: string,
): LineAnswer[] {
  const answers = text.trim().split("\n");
  return Array.from(
    { length: count },
    (_, i) => decodeLineAnswer(answers[i] || "{}", action),
  );
}

function decodeLineAnswer(answer: string, action: string): LineAnswer {
  const { id: given, error } = parseAnswer(answer, action);
  const id = typeof given === "string" ? given : undefined;
  if (error) return { id, error: errorOf(error) };
  if (id !== undefined) return { id };
  return { error: badAnswer("leaves out a message", action) };
}
