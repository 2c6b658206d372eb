import { parseStringField } from "../http/json_answer.ts";
import {
  DEFAULT_ATTEMPTS,
  DEFAULT_TIMEOUT_MS,
  request,
} from "../http/request.ts";
import { isTransient } from "../http/transient.ts";
import { backoff, pause } from "../time/backoff.ts";
import type { PublishOptions } from "../types/app.ts";
import {
  type BatchLine,
  decodeLineAnswers,
  encodeLine,
  type LineAnswer,
  type PublishTarget,
} from "./batch_line.ts";

/** How many seconds the gateway may hold back the answer to a stream's heartbeat. */
const MAX_KEEP_SECONDS = 20;

/** Publishes one message of the kind `data` with an idempotency key, and returns its id. */
export async function postMessage(
  { context, channel, topic, fields, action, trace }: PublishTarget,
  json: string,
  key: string,
  { keyTtl, signal }: Pick<PublishOptions, "keyTtl" | "signal">,
): Promise<string> {
  const query = new URLSearchParams({ channel, topic });
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    const isJson = name === "metadata";
    query.set(name, isJson ? JSON.stringify(value) : String(value));
  }
  const answer = await request(context, {
    path: `/v1/realtime/publish?${query}`,
    body: json,
    headers: {
      "content-type": "application/json",
      "idempotency-key": key,
      ...keyTtl !== undefined && { "idempotency-ttl": String(keyTtl) },
      ...traceHeader(trace),
    },
    signal,
    action,
  });
  return parseStringField(answer, "id", action);
}

/**
 * Publishes messages in one request, in order, and returns the answer to each line. If the gateway refuses one of them for a reason that
 * may pass, the whole batch is retried: each line has its idempotency key.
 */
export async function postLines(
  target: PublishTarget,
  lines: readonly BatchLine[],
  signal: AbortSignal | undefined,
): Promise<LineAnswer[]> {
  const { context, action, trace } = target;
  const { attempts = DEFAULT_ATTEMPTS } = context.retry;
  const body = lines.map((line) => encodeLine(target, line)).join("\n");
  for (let attempt = 1;; attempt++) {
    const text = await request(context, {
      path: "/v1/realtime/publish/batch",
      body,
      headers: {
        "content-type": "application/x-ndjson",
        ...traceHeader(trace),
      },
      signal,
      action,
    });
    const answers = decodeLineAnswers(text, lines.length, action);
    const refusal = answers.find(({ error }) => error)?.error;
    if (!isTransient(refusal) || attempt >= attempts) return answers;
    await pause(backoff(attempt - 1), signal);
  }
}

function traceHeader(trace: string | undefined): Record<string, string> {
  return trace === undefined ? {} : { traceparent: trace };
}

/**
 * Tells the gateway that the producer of a stream is alive. The gateway answers after a while, or at once when the stream ends.
 *
 * @throws {RealtimeError} `stream_stopped`, `stream_ended` or another refusal.
 */
export async function postHeartbeat(
  { context, channel, topic, action }: PublishTarget,
  streamId: string,
  signal: AbortSignal,
): Promise<void> {
  const { timeout = DEFAULT_TIMEOUT_MS } = context.retry;
  // Half of the time that a request may take.
  const seconds = Math.min(MAX_KEEP_SECONDS, timeout / 2000);
  const query = new URLSearchParams({
    channel,
    topic,
    stream_id: streamId,
    wait: `${seconds}`,
  });
  await request(context, {
    path: `/v1/realtime/stream/keep?${query}`,
    body: "",
    signal,
    action,
  });
}
