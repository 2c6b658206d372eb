import { RealtimeError, type RealtimeErrorCode } from "./errors.ts";
import { errorOf } from "./error_body.ts";

/** The HTTP status of each code. Codes that no HTTP response has are absent. */
export const STATUS_OF_CODE: Readonly<
  Partial<Record<RealtimeErrorCode, number>>
> = {
  invalid_argument: 400,
  invalid_name: 400,
  invalid_json: 400,
  invalid_data: 400,
  unauthenticated: 401,
  invalid_token: 401,
  token_expired: 401,
  forbidden: 403,
  not_found: 404,
  conflict: 409,
  stream_ended: 409,
  stream_stopped: 409,
  stream_open: 409,
  too_large: 413,
  rate_limited: 429,
  too_many: 429,
  internal: 500,
  unavailable: 503,
};

/** Returns the code for an HTTP response without one, for example a proxy's. */
export function codeOfStatus(status: number): RealtimeErrorCode {
  if (status === 401) return "unauthenticated";
  if (status === 403) return "forbidden";
  if (status === 404) return "not_found";
  if (status === 409) return "conflict";
  if (status === 413) return "too_large";
  if (status === 429) return "rate_limited";
  if (status === 500) return "internal";
  return status > 500 ? "unavailable" : "invalid_argument";
}

/**
 * Decodes the error of a failed HTTP response. If its body has no code, the status decides.
 *
 * @param text The body.
 * @param action The beginning of the error's message: `Cannot publish to "user:1"`.
 */
export function errorOfResponse(
  { status, url }: Response,
  text: string,
  action: string,
): RealtimeError {
  let cause: unknown;
  try {
    const { error } = Object(JSON.parse(text));
    if (typeof error?.code === "string" && typeof error.message === "string") {
      return errorOf(error, codeOfStatus(status));
    }
  } catch (notJson) {
    cause = notJson;
  }
  // The rest of the URL may have data. A response that a program made has none.
  const place = url && ` at ${new URL(url).origin}`;
  return new RealtimeError(
    codeOfStatus(status),
    `${action}: the gateway${place} answered ${status}`,
    { cause },
  );
}
