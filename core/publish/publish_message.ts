import {
  type Duration,
  invalidArgument,
  toMsWithin,
} from "../protocol/duration.ts";
import { checkName } from "../protocol/names.ts";
import { inSpan, noteId, traceOfSpan } from "../traces/messaging_span.ts";
import { openTelemetry } from "../traces/open_telemetry.ts";
import type {
  CreateRealtimeOptions,
  FlushOptions,
  Publication,
  PublishOptions,
} from "../types/app.ts";
import type { AppGateway } from "./app_gateway.ts";
import { encodeLine } from "./batch_line.ts";
import { keepContext } from "./keep_context.ts";
import type { PublishTarget } from "./publish_target.ts";
import { publishDataStream } from "./data_stream.ts";
import { encodeMessage } from "./encode_message.ts";
import type { CheckedInput } from "./message_input.ts";
import { messageKey } from "./message_key.ts";
import { isStreamSource } from "./stream_source.ts";

/** The options of an app that concern what it publishes. */
export type PublishSettings = Pick<
  CreateRealtimeOptions,
  "flush" | "traceChannel"
>;

/**
 * Publishes a message, or a data stream if its data is a stream; in a span, if the app records spans. Messages leave in the order in which
 * this function is called with them.
 *
 * @throws {RealtimeError} `invalid_name`, `invalid_data` or `too_large` before anything is sent; then the gateway's refusal.
 */
export async function publishMessage(
  gateway: AppGateway,
  message: CheckedInput,
  options: PublishOptions,
  { flush, traceChannel }: PublishSettings,
): Promise<Publication> {
  const channel = checkName("channel", message.channel);
  const topic = checkName("topic", message.topic);
  const target: PublishTarget = {
    gateway,
    channel,
    topic,
    action: `Cannot publish to "${channel}"`,
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
  const { url } = gateway;
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
  { data, keepPieces, checking }: CheckedInput,
  options: PublishOptions,
  flush: FlushOptions | undefined,
): Promise<Publication> {
  const { key, kind = "data", signal } = options;
  // A key that is made here serves the retries of this call only, so the gateway need not remember it for longer.
  const keyTtl = key === undefined
    ? undefined
    : wholeSeconds(`${target.action}: "keyTtl"`, options.keyTtl);
  if (isStreamSource(data)) {
    const { otherStreams, join, onStart } = options;
    const stream = { key, keyTtl, otherStreams, join, onStart, signal };
    const batching = { flush, keepPieces };
    return await publishDataStream(target, data, { ...stream, ...batching });
  }
  const { gateway: { queue }, channel, action } = target;
  const json = encodeLine(target, {
    kind,
    data: encodeMessage(data, action),
    key: key ?? messageKey(),
    key_ttl: keyTtl,
  });
  const { id = "", error } = await queue.add({
    channel,
    json: checking ? checking.then(() => json) : json,
    action,
    signal,
    inContext: keepContext(),
  });
  if (error) throw error;
  return { id };
}

/** Returns how long the gateway is to remember a key, in the unit of the wire. */
function wholeSeconds(
  name: string,
  keyTtl: Duration | undefined,
): number | undefined {
  if (keyTtl === undefined) return undefined;
  const ms = toMsWithin(name, keyTtl, "1d");
  if (ms % 1000 === 0) return ms / 1000;
  throw invalidArgument(`${name} is "${keyTtl}", it must be in whole seconds`);
}
