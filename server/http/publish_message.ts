import type { MaybePromise } from "../../core/types/realtime.ts";
import type { Auth } from "../auth/auth.ts";
import { readKeyTtl, withTtl } from "../publish/idempotency_key.ts";
import { type MessagePublisher, tooLarge } from "../publish/publisher.ts";
import { traced } from "../publish/traced_publisher.ts";
import type { DirectHandler } from "../runtimes/direct.ts";
import type { JsonAnswer } from "../runtimes/json_answer.ts";
import type { RequestHead } from "../runtimes/request_head.ts";
import { dataOfBody, decodeUtf8 } from "../wire/json_text.ts";
import { published } from "./answer.ts";
import { brokeOff } from "./body.ts";
import { orErrorAnswer } from "./error_response.ts";
import type { Failures } from "./failures.ts";
import type { PublishAddress, PublishAddresses } from "./publish_address.ts";
import { traceOf } from "./trace_header.ts";

/** The beginning of the targets of requests that publish one message or one stream. */
const PUBLISH = "/v1/realtime/publish?";

const STREAM_TYPE = /^\s*text\/stream\s*(;|$)/i;

/** Tells whether a request's body is to be published as a data stream. */
export function isStream(head: RequestHead): boolean {
  return STREAM_TYPE.test(head.header("content-type") ?? "");
}

/**
 * Publishes a body as one message. Every request that publishes one message comes here.
 *
 * @returns The answer; without a promise where the broker needs none.
 * @throws {RealtimeError} `too_large`, `invalid_data`, `invalid_json`, and what publishing throws.
 */
export function publishBody(
  publisher: MessagePublisher,
  head: RequestHead,
  { envelope, topics }: PublishAddress,
  body: Uint8Array,
): MaybePromise<JsonAnswer> {
  const { maxMessageBytes: limit } = publisher;
  if (body.length > limit) throw tooLarge(envelope.channel, limit);
  const data = dataOfBody(decodeUtf8(body));
  const ttl = readKeyTtl(head.header("idempotency-ttl"));
  const key = withTtl(head.header("idempotency-key"), ttl);
  const ids = traced(publisher, traceOf(head))
    .publish(envelope, topics, data, key);
  return ids instanceof Promise ? ids.then(published) : published(ids);
}

/**
 * Creates the handler of most requests to publish: those with the signing key and a body of known length that is one message. It
 * declines every other request before it has done anything.
 */
export function directPublish(
  auth: Auth,
  publisher: MessagePublisher,
  addresses: PublishAddresses,
  failures: Failures,
): DirectHandler {
  function publish(
    head: RequestHead,
    body: Uint8Array | undefined,
  ): MaybePromise<JsonAnswer> {
    if (!body) throw brokeOff();
    const address = addresses.read(head.target);
    return publishBody(publisher, head, address, body);
  }

  return (head) => {
    if (head.method !== "POST") return undefined;
    if (!head.target.startsWith(PUBLISH)) return undefined;
    if (!auth.isPlainSigningKey(head.header("authorization"))) return undefined;
    const length = Number(head.header("content-length") ?? NaN);
    if (!(length <= publisher.maxMessageBytes)) return undefined;
    if (isStream(head)) return undefined;
    return (body) => orErrorAnswer(failures, head, () => publish(head, body));
  };
}
