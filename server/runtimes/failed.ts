import { getLogger } from "@logtape/logtape";
import type { JsonAnswer } from "./direct.ts";

const logger = getLogger(["tidings", "gateway"]);

/** The name of the error for a request of which `@hono/node-server` can't make a `Request`. */
const UNREADABLE = "RequestError";

/** The query of an address, which may have a token. */
const QUERY = /\?[^\s'"`]*/g;

const HEADERS = { "content-type": "application/json" };

/** Answers a request for which the app threw instead of answering. The log gets the error, its sender none of it. */
export function failed(error: unknown): Response {
  const { status, headers, json } = failure(error);
  return new Response(json, { status, headers });
}

/** Variant of {@linkcode failed} for a request that has no `Request`. */
export function failure(error: unknown): JsonAnswer {
  if (error instanceof Error && error.name === UNREADABLE) {
    const message = "Cannot read the request: its head is malformed";
    return answer(400, "invalid_argument", message);
  }
  const reason = error instanceof Error ? error.stack ?? error.message : error;
  logger.error("request failed: {error}", {
    error: String(reason).replace(QUERY, "?…"),
  });
  return answer(500, "internal", "The gateway failed; its log says why");
}

function answer(status: number, code: string, message: string): JsonAnswer {
  const json = JSON.stringify({ error: { code, message } });
  return { status, headers: HEADERS, json };
}
