import type {
  FlushOptions,
  Publication,
  PublishOptions,
} from "../types/app.ts";
import { publishDataStream } from "./data_stream.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { errorOf } from "../protocol/error_body.ts";
import { type HttpContext, request } from "../http/request.ts";
import { encodeJson } from "../protocol/encode_json.ts";
import { LIMITS } from "../protocol/limits.ts";
import { type CheckedInput, isStreamed } from "./message_input.ts";
import { checkName } from "../protocol/names.ts";

/** How long the gateway may hold a stream's sign of life, in seconds. */
const KEEP_SECONDS = 20;

/**
 * Publishes a message, or a data stream where the data are one.
 *
 * @throws {RealtimeError} What is wrong with the data, or what the gateway refused them for.
 */
export async function publishMessage(
  context: HttpContext,
  message: CheckedInput,
  options: PublishOptions,
  flush: FlushOptions | undefined,
): Promise<Publication> {
  const channel = checkName("channel", message.channel);
  const topic = checkName("topic", message.topic);
  const { data, areWhole, replyTopic } = message;
  const { key = crypto.randomUUID(), signal } = options;
  const action = `Cannot publish to "${channel}"`;
  const fields = fieldsOf(options, replyTopic);
  const checkSize = (json: string): void => checkMessageSize(json, action);
  const sendBatch = (
    body: string,
    signal: AbortSignal | undefined,
  ): Promise<string> =>
    request(context, {
      path: "/v1/realtime/publish/batch",
      body,
      headers: { "content-type": "application/x-ndjson" },
      signal,
      action,
    });

  if (isStreamed(data)) {
    // Less than the time that a request may take.
    const wait = Math.min(
      KEEP_SECONDS,
      (context.retry.timeout ?? 30_000) / 2e3,
    );
    return await publishDataStream({
      channel,
      topic,
      fields,
      flush,
      areWhole,
      signal,
      key: options.key,
      checkSize,
      send: sendBatch,
      keep: (id, signal) =>
        request(context, {
          path: `/v1/realtime/stream/keep?${new URLSearchParams({
            channel,
            topic,
            stream_id: id,
            wait: `${wait}`,
          })}`,
          body: "",
          headers: {},
          signal,
          action,
        }),
    }, data);
  }
  const json = encodeJson(data, action);
  checkSize(json);
  if (options.kind !== undefined && options.kind !== "data") {
    const { kind } = options;
    const line = { ...fields, channel, topic, kind, data, key };
    const answer = JSON.parse(await sendBatch(JSON.stringify(line), signal));
    if (answer.error) throw errorOf(answer.error);
    return { id: answer.id };
  }
  const { metadata, ...rest } = fields;
  const query = new URLSearchParams({ channel, topic, ...rest });
  if (metadata !== undefined) query.set("metadata", JSON.stringify(metadata));
  const answer = await request(context, {
    path: `/v1/realtime/publish?${query}`,
    body: json,
    headers: { "content-type": "application/json", "idempotency-key": key },
    signal,
    action,
  });
  return { id: JSON.parse(answer).id };
}

/** The message's fields besides its data, as the wire names them. */
function fieldsOf(
  { runId, fnId, fnSlug, metadata }: PublishOptions,
  replyTopic: string | undefined,
): Record<string, string> & { metadata?: unknown } {
  return {
    ...runId === undefined ? {} : { run_id: runId },
    ...fnId === undefined ? {} : { fn_id: fnId },
    ...fnSlug === undefined ? {} : { fn_slug: fnSlug },
    ...replyTopic === undefined ? {} : { reply_topic: replyTopic },
    ...metadata === undefined ? {} : { metadata },
  } as Record<string, string> & { metadata?: unknown };
}

const encoder = new TextEncoder();

/** @throws {RealtimeError} `too_large`. */
function checkMessageSize(json: string, action: string): void {
  const limit = LIMITS.messageBytes;
  // UTF-8 has at most 3 bytes for each unit of UTF-16: most messages need no count.
  if (json.length * 3 <= limit) return;
  const { length } = encoder.encode(json);
  if (length <= limit) return;
  throw new RealtimeError(
    "too_large",
    `${action}: the message is ${Math.ceil(length / 1024)} KiB, the limit is ${
      limit / 1024
    } KiB`,
  );
}
