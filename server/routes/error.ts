import { RealtimeError } from "../../core/errors.ts";
import { STATUS_OF_CODE } from "../../core/status.ts";
import { errorBody } from "../error_body.ts";
import { within } from "../within.ts";
import type { GatewayParts } from "./context.ts";

/**
 * How much of a body that is too large is read before the answer, and for how long: a proxy that still sends it may take
 * the end of the connection for a failure of the gateway (nginx: 502).
 */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 500;

/** The answer to a request that failed; what is not an error of ours is reported, and not told. */
export async function errorAnswer(
  { report }: Pick<GatewayParts, "report">,
  request: Request,
  error: unknown,
): Promise<Response> {
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
  const announced = Number(request.headers.get("content-length") ?? NaN);
  if (code === "too_large" && body && !bodyUsed && announced <= DRAIN_BYTES) {
    const patience = new AbortController();
    const { signal } = patience;
    const read = body.pipeTo(new WritableStream(), { signal })
      // The client went away, or is slow: it gets its answer all the same.
      .catch(() => undefined);
    await within(DRAIN_MS, read);
    patience.abort();
  }
  if (code === "too_large" || (body && !bodyUsed)) {
    headers.set("connection", "close");
  }
  return new Response(JSON.stringify({ error: told }), {
    status: STATUS_OF_CODE[code] ?? 500,
    headers,
  });
}
