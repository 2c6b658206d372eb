import { getLogger } from "@logtape/logtape";
import { type ErrorBody, errorBody } from "../../core/protocol/error_body.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { JSON_HEADERS } from "./answer.ts";

const logger = getLogger(["tidings", "gateway"]);

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

/** Returns the answer to a request that a runtime can't make a `Request` of. */
export function malformedRequest(): Response {
  return answer(400, errorBody(malformedAddress()));
}

/**
 * Returns the answer to a request that an app failed to answer, and logs the failure. A gateway answers its own failures; an app that one
 * is mounted in may not. Bun's own answer would show the source and the stack, and its log the address with its query.
 */
export function failedRequest(error: unknown): Response {
  const stage = "the app";
  logger.error("{stage} failed: {error}", { stage, error });
  return answer(500, INTERNAL_ERROR);
}

function answer(status: number, error: ErrorBody): Response {
  const json = JSON.stringify({ error });
  return new Response(json, { status, headers: JSON_HEADERS });
}
