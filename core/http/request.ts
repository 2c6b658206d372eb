import { backoff, pause } from "../time/backoff.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { errorOfResponse } from "../protocol/http_status.ts";
import type { RetryOptions } from "../types/app.ts";
import { isTransient } from "./transient.ts";

/** What every request needs. */
export interface HttpContext {
  /** The gateway's base URL. */
  readonly url: string;
  /** The credential, if there is one. */
  readonly bearer: string | undefined;
  readonly fetch: typeof fetch;
  readonly retry: RetryOptions;
}

/** One request. It MUST be safe to repeat: it carries its key. */
export interface HttpRequest {
  /** @default {"POST"} */
  readonly method?: "GET";
  readonly path: string;
  readonly body?: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
  /** What is tried, for messages: `Cannot publish to "user:1"`. */
  readonly action: string;
}

/**
 * Sends a request and reads the answer as text. What the network, an overloaded or a restarting gateway refuses is tried again, with
 * growing pauses.
 *
 * @throws {RealtimeError} The gateway's refusal; else `network`, `timeout` or `aborted`.
 */
export async function request(
  context: HttpContext,
  asked: HttpRequest,
): Promise<string> {
  const attempts = context.retry.attempts ?? 5;
  for (let attempt = 1;; attempt++) {
    try {
      return await send(context, asked);
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error;
    }
    await pause(backoff(attempt - 1), asked.signal);
  }
}

async function send(
  { url, bearer, fetch, retry }: HttpContext,
  asked: HttpRequest,
): Promise<string> {
  const { method = "POST", path, body, headers, signal, action } = asked;
  const aborted = (): RealtimeError =>
    new RealtimeError("aborted", `${action}: it was aborted`, {
      cause: signal?.reason,
    });
  if (signal?.aborted) throw aborted();
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, retry.timeout ?? 30_000);
  signal?.addEventListener("abort", abort);
  try {
    const response = await fetch(url + path, {
      method,
      ...body === undefined ? {} : { body },
      headers: bearer
        ? { ...headers, authorization: `Bearer ${bearer}` }
        : headers,
      signal: controller.signal,
    });
    if (!response.ok) throw await errorOfResponse(response, action);
    return await response.text();
  } catch (cause) {
    if (signal?.aborted) throw aborted();
    if (cause instanceof RealtimeError) throw cause;
    throw controller.signal.aborted
      ? new RealtimeError("timeout", `${action}: the gateway did not answer`, {
        cause,
      })
      : new RealtimeError(
        "network",
        `${action}: the gateway can't be reached`,
        {
          cause,
        },
      );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
