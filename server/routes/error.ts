import { RealtimeError } from "../../core/errors.ts";
import { STATUS_OF_CODE } from "../../core/status.ts";
import { errorBody } from "../error_body.ts";
import type { GatewayParts } from "./context.ts";

/** The answer to a request that failed; what is not an error of ours is reported, and not told. */
export function errorAnswer(
  { report }: Pick<GatewayParts, "report">,
  request: Request,
  error: unknown,
): Response {
  const known = error instanceof RealtimeError;
  if (!known) {
    report(`${request.method} ${new URL(request.url).pathname}`, error);
  }
  const code = known ? error.code : "internal";
  const told = known
    ? errorBody(error)
    : { code, message: "The gateway failed; its log says why" };
  const headers = new Headers({ "content-type": "application/json" });
  // What was not read of a body stands in the way of the connection's next request.
  const { body, bodyUsed } = request;
  if (code === "too_large" || (body && !bodyUsed)) {
    headers.set("connection", "close");
  }
  return new Response(JSON.stringify({ error: told }), {
    status: STATUS_OF_CODE[code] ?? 500,
    headers,
  });
}
