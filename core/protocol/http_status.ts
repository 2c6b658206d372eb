import { RealtimeError, type RealtimeErrorCode } from "./errors.ts";
import { errorOf } from "./error_body.ts";

/** The HTTP status that carries each code; codes that only a client makes have none. */
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
  too_large: 413,
  rate_limited: 429,
  too_many: 429,
  internal: 500,
  unavailable: 503,
};

/** The code for an HTTP status whose body named none, as a proxy's has. */
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
 * Reads a failed HTTP response into an error: the gateway's own code and message where its body has them, else the code for its status.
 *
 * @param response A response whose status is not 2xx; its body is consumed.
 * @param action What was tried, for the message: `Cannot publish to "user:1"`.
 */
export async function errorOfResponse(
  response: Response,
  action: string,
): Promise<RealtimeError> {
  const { status } = response;
  const text = await response.text();
  let cause: unknown;
  try {
    const { error } = Object(JSON.parse(text));
    if (typeof error?.code === "string" && typeof error.message === "string") {
      return errorOf(error, codeOfStatus(status));
    }
  } catch (notJson) {
    cause = notJson;
  }
  return new RealtimeError(
    codeOfStatus(status),
    `${action}: the gateway answered ${status}`,
    { cause },
  );
}
