import { readText } from "../http/read_text.ts";
import { errorOf } from "../protocol/error_body.ts";
import { RealtimeError, type RealtimeErrorCode } from "../protocol/errors.ts";
import { codeOfStatus } from "../protocol/http_status.ts";
import { isText } from "../protocol/shape.ts";

/** The beginning of the messages of errors about tokens. */
export const TOKEN_ACTION = "Cannot get a token";

/** Tells whether a value is a `Response`, also one of another realm or of a package. */
export function isResponse(value: unknown): value is Response {
  return typeof Object(value).clone === "function";
}

/**
 * Reads the JSON of a response of one of the app's routes. The response itself stays unread, so that it can be read again.
 *
 * @param action The beginning of error messages.
 * @throws {RealtimeError} The route's refusal, with the reason that its JSON or text gives and the code that belongs to its status;
 * `invalid_json`; `too_large`; `invalid_argument` if the app has read the response.
 */
export async function readRouteResponse(
  response: Response,
  action = TOKEN_ACTION,
): Promise<unknown> {
  const refusal = (code: RealtimeErrorCode, reason: string): RealtimeError =>
    new RealtimeError(code, `${action}: ${reason}`);
  if (response.bodyUsed) {
    throw refusal("invalid_argument", "the response has been read");
  }
  const { ok, status, headers } = response;
  const text = await readText(response.clone(), action).catch((error) => {
    // The request ends when both copies of its body have.
    void response.body?.cancel().catch(() => {});
    if (ok) throw error;
    return "";
  });
  const json = parse(text);
  if (ok) {
    if (json !== undefined) return json;
    const type = headers.get("content-type");
    throw refusal(
      "invalid_json",
      `the response is ${text ? type : "empty"}, not JSON; check the URL`,
    );
  }
  const code = codeOfStatus(status);
  const { error, message } = Object(json);
  if (isText(Object(error).message)) throw errorOf(error, code);
  throw refusal(
    code,
    [error, message, text].find(isReason) ??
      `the response has status ${status}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The text itself may be the reason of a refusal.
    return undefined;
  }
}

/** Tells whether a value can be the reason in a message: a sentence, and no page or JSON. */
function isReason(value: unknown): value is string {
  return isText(value) && /^[^<{[].{0,199}$/.test(value);
}
