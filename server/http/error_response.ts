import { type ErrorBody, errorBody } from "../../core/protocol/error_body.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { STATUS_OF_CODE } from "../../core/protocol/http_status.ts";
import { within } from "../../core/time/within.ts";
import type { MaybePromise } from "../../core/types/realtime.ts";
import { INTERNAL_ERROR } from "../runtimes/failed.ts";
import {
  type Answer,
  JSON_HEADERS,
  type JsonAnswer,
} from "../runtimes/json_answer.ts";
import { RateLimited } from "../publish/publish_rates.ts";
import { isHost } from "../runtimes/host.ts";
import { pathOf, type RequestHead } from "../runtimes/request_head.ts";
import type { FailedHead, Failures } from "./failures.ts";
import { UnsupportedVersion, WEBSOCKET_VERSION } from "./websocket_request.ts";

/**
 * Limits for reading a body that is too large before its answer: a proxy that is still sending it may take
 * the end of the connection for a failure of the gateway (nginx: 502).
 */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 500;

/** The headers of the answer to a WebSocket of another version; RFC 9110 §15.5.22 and RFC 6455 §4.4 want them. */
const VERSION_HEADERS = {
  ...JSON_HEADERS,
  upgrade: "websocket",
  "sec-websocket-version": WEBSOCKET_VERSION,
} as const;

/** Returns the HTTP status of an error. */
export function statusOf({ code }: Pick<ErrorBody, "code">): number {
  return STATUS_OF_CODE[code] ?? 500;
}

/** Returns the answer for an error. The text of an unexpected error is reported and never sent. */
export function errorAnswer(
  failures: Failures,
  head: FailedHead,
  error: unknown,
): JsonAnswer {
  const isKnown = error instanceof RealtimeError;
  const body: ErrorBody = isKnown ? errorBody(error) : INTERNAL_ERROR;
  const status = error instanceof UnsupportedVersion ? 426 : statusOf(body);
  if (isKnown) failures.refused(head, status, error);
  else failures.report(`${head.method} ${pathOf(head.target)}`, error);
  const json = JSON.stringify({ error: body });
  if (status === 426) return { status, headers: VERSION_HEADERS, json };
  if (status !== 429 && status !== 503) {
    return { status, headers: JSON_HEADERS, json };
  }
  const seconds = error instanceof RateLimited ? error.retryAfterSeconds : 1;
  const headers = { ...JSON_HEADERS, "retry-after": String(seconds) };
  return { status, headers, json };
}

/** Runs an action that answers a request; returns the answer for its error where it fails. */
export function orErrorAnswer(
  failures: Failures,
  head: FailedHead,
  action: () => MaybePromise<Answer>,
): MaybePromise<Answer> {
  try {
    const answer = action();
    return answer instanceof Promise
      ? answer.catch((error) => errorAnswer(failures, head, error))
      : answer;
  } catch (error) {
    return errorAnswer(failures, head, error);
  }
}

/** Answers a request that failed; its body may be unread. */
export async function errorResponse(
  failures: Failures,
  head: RequestHead,
  request: Request,
  error: unknown,
): Promise<Response> {
  const { status, headers, json } = errorAnswer(failures, head, error);
  // `@hono/node-server` makes a real `Request` when the body is asked for, which throws for a malformed address.
  const isMalformed = !isHost(head.host);
  const body = isMalformed || request.bodyUsed ? null : request.body;
  const isTooLarge = status === 413;
  const announced = Number(head.header("content-length") ?? NaN);
  if (isTooLarge && body && announced <= DRAIN_BYTES) await discard(body);
  // The rest of an unread body would stand before the connection's next request.
  const isLast = isTooLarge || body !== null || isMalformed;
  return new Response(json, {
    status,
    headers: isLast ? { ...headers, connection: "close" } : headers,
  });
}

async function discard(body: ReadableStream<Uint8Array>): Promise<void> {
  const patience = new AbortController();
  const { signal } = patience;
  const read = body.pipeTo(new WritableStream(), { signal })
    // A client that left or is slow gets its answer all the same.
    .catch(() => undefined);
  await within(DRAIN_MS, read);
  patience.abort();
}
