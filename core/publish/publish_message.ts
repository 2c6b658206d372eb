import { checkName } from "../protocol/names.ts";
import type { HttpContext } from "../http/request.ts";
import type {
  FlushOptions,
  Publication,
  PublishOptions,
} from "../types/app.ts";
import type { PublishTarget } from "./batch_line.ts";
import { publishDataStream } from "./data_stream.ts";
import { encodeMessage } from "./encode_message.ts";
import type { CheckedInput } from "./message_input.ts";
import { postLines, postMessage } from "./publish_requests.ts";
import { isStreamSource } from "./stream_source.ts";

/**
 * Publishes a message, or a data stream if its data is a stream.
 *
 * @throws {RealtimeError} `invalid_name`, `invalid_data` or `too_large` before anything is sent; then the gateway's refusal.
 */
export async function publishMessage(
  context: HttpContext,
  message: CheckedInput,
  options: PublishOptions,
  flush: FlushOptions | undefined,
): Promise<Publication> {
  const { data, keepPieces } = message;
  const { key, keyTtl, kind = "data", signal } = options;
  const channel = checkName("channel", message.channel);
  const topic = checkName("topic", message.topic);
  const action = `Cannot publish to "${channel}"`;
  const target: PublishTarget = {
    context,
    channel,
    topic,
    action,
    fields: {
      run_id: options.runId,
      fn_id: options.fnId,
      fn_slug: options.fnSlug,
      reply_topic: message.replyTopic,
      metadata: options.metadata,
    },
  };
  if (isStreamSource(data)) {
    const stream = { key, keyTtl, signal, flush, keepPieces };
    return await publishDataStream(target, data, stream);
  }
  const json = encodeMessage(data, action);
  const messageKey = key ?? crypto.randomUUID();
  // A key that is made here serves the retries of this call only, so the gateway need not remember it for longer.
  const ttl = key === undefined ? undefined : keyTtl;
  if (kind === "data") {
    const sending = { keyTtl: ttl, signal };
    return { id: await postMessage(target, json, messageKey, sending) };
  }
  // The route for one message knows no kinds.
  const line = { kind, data, key: messageKey, key_ttl: ttl };
  const [{ id = "", error } = {}] = await postLines(target, [line], signal);
  if (error) throw error;
  return { id };
}
