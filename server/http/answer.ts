import type { JsonAnswer } from "../runtimes/direct.ts";

/** The headers that every answer has unless its route sets others: it is not stored or sniffed, and its address is not passed on. */
const SECURITY_HEADERS = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
} as const;

/** The headers of every answer in JSON. */
export const JSON_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  "content-type": "application/json",
  ...SECURITY_HEADERS,
});

/** The options of most responses, shared by all of them. */
const OK = Object.freeze({ headers: JSON_HEADERS });

/** Adds the security headers that a response lacks. */
export function secure(response: Response): Response {
  const { headers } = response;
  for (const [name, value] of Object.entries(SECURITY_HEADERS)) {
    if (!headers.has(name)) headers.set(name, value);
  }
  return response;
}

/** Returns the answer to a publish that succeeded. */
export function published(ids: readonly string[]): JsonAnswer {
  const json = `{"id":"${ids[0]}","ids":["${ids.join('","')}"]}`;
  return { status: 200, headers: JSON_HEADERS, json };
}

/** Turns an answer into a `Response`. */
export function toResponse({ status, headers, json }: JsonAnswer): Response {
  if (status === 200) return new Response(json, OK);
  return new Response(json, { status, headers });
}
