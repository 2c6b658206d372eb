import type { MaybePromise } from "../../../core/types/realtime.ts";
import type { Auth } from "../../auth/auth.ts";
import { publishBatch } from "./batch.ts";
import type { BatchAnswers } from "./batch_answers.ts";
import type { MessagePublisher } from "../../publish/publisher.ts";
import type { PublishRate } from "../../publish/publish_rates.ts";
import type { DirectHandler } from "../../runtimes/direct.ts";
import type { Answer, JsonAnswer } from "../../runtimes/json_answer.ts";
import { pathOf, type RequestHead } from "../../runtimes/request_head.ts";
import type { Streams } from "../../streams/streams.ts";
import { decodeUtf8 } from "../../wire/json_text.ts";
import { BATCH_PUBLISHED } from "../answer.ts";
import { brokeOff } from "../body.ts";
import { orErrorAnswer, statusOf } from "../error_response.ts";
import type { Failures } from "../failures.ts";
import { traceOf } from "../trace_header.ts";

/** The target of requests that publish a batch. */
const BATCH = "/v1/realtime/publish/batch";

/** Bytes of the largest body that is read in one piece. The module's batches are no larger. */
const DIRECT_BYTES = 1024 * 1024;

/** The sender of a request to publish. */
export interface Sender {
  readonly publisher: MessagePublisher;
  readonly rate: PublishRate;
  /** Milliseconds that the sender may leave a piece of its answer unread. */
  readonly deadlineMs: number;
}

/**
 * Publishes the lines of a body. Every request that publishes a batch comes here.
 *
 * @returns The answer; without a promise where the broker needs none. The answers to some lines may come before others are published.
 * @throws {RealtimeError} `invalid_data` for a body that is not UTF-8, `too_large` for too many lines.
 */
export function publishLines(
  { publisher, rate, deadlineMs }: Sender,
  streams: Streams,
  failures: Failures,
  head: RequestHead,
  body: Uint8Array,
): MaybePromise<Answer> {
  const answers = publishBatch({
    publisher,
    rate,
    streams,
    trace: traceOf(head),
    refused: (error, lines) =>
      failures.refused(head, statusOf(error), error, lines),
    failed: (error) =>
      failures.report(`${head.method} ${pathOf(head.target)}`, error),
  }, decodeUtf8(body));
  return answers.isComplete ? complete(answers) : firstOf(answers, deadlineMs);
}

function complete(answers: BatchAnswers): JsonAnswer {
  return { status: 200, headers: BATCH_PUBLISHED, json: answers.take() };
}

/** Waits for the first answers. Often they are all that there are, and one piece takes less than a stream. */
async function firstOf(
  answers: BatchAnswers,
  deadlineMs: number,
): Promise<Answer> {
  await answers.some();
  if (answers.isComplete) return complete(answers);
  const pieces = answers[Symbol.asyncIterator]();
  return { status: 200, headers: BATCH_PUBLISHED, pieces, deadlineMs };
}

/**
 * Creates the handler of most requests that publish a batch: those with the signing key and a body of known length that is not too large.
 * It declines every other request before it has done anything.
 */
export function directBatch(
  auth: Auth,
  sender: Sender,
  streams: Streams,
  failures: Failures,
): DirectHandler {
  function publish(
    head: RequestHead,
    body: Uint8Array | undefined,
  ): MaybePromise<Answer> {
    if (!body) throw brokeOff();
    return publishLines(sender, streams, failures, head, body);
  }

  return (head) => {
    if (head.method !== "POST" || head.target !== BATCH) return undefined;
    if (!auth.isPlainSigningKey(head.header("authorization"))) return undefined;
    const length = Number(head.header("content-length") ?? NaN);
    if (!(length <= DIRECT_BYTES)) return undefined;
    return (body) => orErrorAnswer(failures, head, () => publish(head, body));
  };
}
