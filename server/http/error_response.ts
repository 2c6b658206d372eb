import { RealtimeError } from "../../core/protocol/errors.ts";
import { STATUS_OF_CODE } from "../../core/protocol/http_status.ts";
import { errorBody } from "../../core/protocol/error_body.ts";
import { within } from "../../core/time/within.ts";
import type { GatewayParts } from "./context.ts";

/**
 * How much of a body that is too large is read before the answer, and for how long: a proxy that still sends it may take
 * the end of the connection for a failure of the gateway (nginx: 502).
 */
const DRAIN_BYTES = 16 * 1024 * 1024;
const DRAIN_MS = 500;

/** What a client is told of an error. */
interface Told {
  readonly code: string;
  readonly status: number;
  readonly json: string;
}

/**
 * Says what a client is told of an error; what is not an error of ours is reported, and not told.
 *
 * @param request Which one failed, for the report.
 */
export function tell(
  { report }: Pick<GatewayParts, "report">,
  request: { readonly method: string; readonly url: string },
  error: unknown,
): Told {
  const known = error instanceof RealtimeError;
  if (!known) report(`${request.method} ${pathOf(request.url)}`, error);
  const code = known ? error.code : "internal";
  const told = known
    ? errorBody(error)
    : { code, message: "The gateway failed; its log says why" };
  const status = STATUS_OF_CODE[code] ?? 500;
  return { code, status, json: JSON.stringify({ error: told }) };
}

/** The answer to a request that failed. */
export async function errorAnswer(
  parts: Pick<GatewayParts, "report">,
  request: Request,
  error: unknown,
): Promise<Response> {
  const { code, status, json } = tell(parts, request, error);
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
  return new Response(json, { status, headers });
}

function pathOf(url: string): string {
  return new URL(url, "http://localhost").pathname;
}
