import { getLogger } from "@logtape/logtape";
import { type ErrorBody, errorBody } from "../../core/protocol/error_body.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { JSON_HEADERS, type JsonAnswer } from "./json_answer.ts";

const logger = getLogger(["tidings", "gateway"]);

/** The name of the error for a request of which `@hono/node-server` can't make a `Request`. */
const UNREADABLE = "RequestError";

/** The body of the answer to a request that failed unexpectedly. */
export const INTERNAL_ERROR: ErrorBody = {
  code: "internal",
  message: "The gateway failed; its log says why",
};

/** Creates the error for a request whose address can't be told. */
export function malformedAddress(): RealtimeError {
  const message =
    "Cannot read the request: its address or its Host header is malformed";
  return new RealtimeError("invalid_argument", message);
}

/**
 * Answers a request for which an app threw instead of answering, or of which no `Request` can be made. A gateway answers its own failures;
 * an app that one is mounted in may not. The log gets the error, its sender none of it: Bun's own answer would show the source and the
 * stack, and its log the address with its query.
 */
export function failed(error: unknown): Response {
  const { status, headers, json } = failure(error);
  return new Response(json, { status, headers });
}

/** Variant of {@linkcode failed} for a request that has no `Request`. */
export function failure(error: unknown): JsonAnswer {
  if (error instanceof Error && error.name === UNREADABLE) {
    return answer(400, errorBody(malformedAddress()));
  }
  const stage = "the app";
  logger.error("{stage} failed: {error}", { event: "failed", stage, error });
  return answer(500, INTERNAL_ERROR);
}

function answer(status: number, error: ErrorBody): JsonAnswer {
  return { status, headers: JSON_HEADERS, json: JSON.stringify({ error }) };
}
