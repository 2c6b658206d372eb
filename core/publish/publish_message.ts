import { checkName } from "../protocol/names.ts";
import type { HttpContext } from "../http/request.ts";
import { inSpan, noteId, traceOfSpan } from "../traces/messaging_span.ts";
import { openTelemetry } from "../traces/open_telemetry.ts";
import type {
  CreateRealtimeOptions,
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

/** The options of an app that concern what it publishes. */
export type PublishSettings = Pick<
  CreateRealtimeOptions,
  "flush" | "traceChannel"
>;

/**
 * Publishes a message, or a data stream if its data is a stream; in a span, if the app records spans.
 *
 * @throws {RealtimeError} `invalid_name`, `invalid_data` or `too_large` before anything is sent; then the gateway's refusal.
 */
export async function publishMessage(
  context: HttpContext,
  message: CheckedInput,
  options: PublishOptions,
  { flush, traceChannel }: PublishSettings,
): Promise<Publication> {
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
  const telemetry = openTelemetry();
  if (!telemetry) return await send(target, message, options, flush);
  const destination = { channel, traceChannel };
  const { url } = context;
  return await inSpan(
    telemetry,
    { kind: "producer", destination, url },
    async (span) => {
      const traced = { ...target, trace: traceOfSpan(span) };
      const publication = await send(traced, message, options, flush);
      noteId(span, publication.id);
      return publication;
    },
  );
}

async function send(
  target: PublishTarget,
  { data, keepPieces }: CheckedInput,
  { key, keyTtl, kind = "data", signal }: PublishOptions,
  flush: FlushOptions | undefined,
): Promise<Publication> {
  if (isStreamSource(data)) {
    const stream = { key, keyTtl, signal, flush, keepPieces };
    return await publishDataStream(target, data, stream);
  }
  const json = encodeMessage(data, target.action);
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
