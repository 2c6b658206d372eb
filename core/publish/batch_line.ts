import { badAnswer, parseAnswer } from "../http/json_answer.ts";
import { errorOf } from "../protocol/error_body.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { MessageKind } from "../protocol/frames.ts";
import type { OtherStreams } from "../types/app.ts";

/** The topic of messages, with the fields that they have in common. */
export interface LineTarget {
  readonly channel: string;
  readonly topic: string;
  /** The optional fields of each message, under the wire's names. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The `traceparent` of the span that publishes them, if there is one. */
  readonly trace?: string | undefined;
}

/** One message of a batch request, without the fields of its target. */
export interface BatchLine {
  readonly kind: MessageKind;
  /** The message's data as JSON. */
  readonly data: string;
  /** The idempotency key. */
  readonly key: string;
  /** How long the gateway remembers the key, in seconds. */
  readonly key_ttl?: number | undefined;
  /** Replaces the target's metadata. */
  readonly metadata?: unknown;
  readonly stream_id?: string;
  /** Whether a chunk is never joined with others. */
  readonly whole?: boolean | undefined;
  /** Identifies the process that begins a stream with a key. */
  readonly producer?: string | undefined;
  /** How the other open streams of the topic are treated, where a stream begins. */
  readonly other_streams?: OtherStreams | undefined;
  /** Whether the start of a stream that another producer has open joins that one. */
  readonly join?: boolean | undefined;
}

/** The gateway's answer to one line. Both fields are there if the message was published before and its stream has ended since. */
export interface LineAnswer {
  /** The message's id. */
  readonly id?: string | undefined;
  readonly error?: RealtimeError | undefined;
  /** Whether no gateway answers so, so that there is no use in sending the line again. */
  readonly isMalformed?: true;
}

/** Encodes a line as JSON. */
export function encodeLine(
  { channel, topic, fields, trace }: LineTarget,
  { kind, data, ...line }: BatchLine,
): string {
  const head = JSON.stringify({
    channel,
    topic,
    kind: kind === "data" ? undefined : kind,
    ...fields,
    trace,
    ...line,
  });
  // The data are JSON already, and may be large.
  return `${head.slice(0, -1)},"data":${data}}`;
}

/** Decodes the gateway's answer to a line. */
export function decodeLineAnswer(text: string, action: string): LineAnswer {
  try {
    const { id: given, error } = parseAnswer(text, action);
    const id = typeof given === "string" ? given : undefined;
    if (error) return { id, error: errorOf(error) };
    if (id !== undefined) return { id };
    throw badAnswer('has no "id"', action);
  } catch (error) {
    return { error: error as RealtimeError, isMalformed: true };
  }
}
