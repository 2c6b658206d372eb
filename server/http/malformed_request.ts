import { errorBody } from "../../core/protocol/error_body.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { JSON_HEADERS } from "./answer.ts";

/** Creates the error for a request whose address can't be told. */
export function malformedAddress(): RealtimeError {
  const message =
    "Cannot read the request: its address or its Host header is malformed";
  return new RealtimeError("invalid_argument", message);
}

/** Returns the answer to a request that the runtime can't make a `Request` of. */
export function malformedRequest(): Response {
  const json = JSON.stringify({ error: errorBody(malformedAddress()) });
  return new Response(json, { status: 400, headers: JSON_HEADERS });
}
