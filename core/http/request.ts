import { abortedError } from "./aborted.ts";
import { backoff, pause } from "../time/backoff.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { errorOfResponse } from "../protocol/http_status.ts";
import { networkReason } from "./network_reason.ts";
import { readText } from "./read_text.ts";
import { isTransient } from "./transient.ts";

/** How to reach a gateway: the same for all requests of an app. */
export interface HttpContext {
  /** The gateway's base URL. */
  readonly url: string;
  /** The credential, if there is one. */
  readonly bearer: string | undefined;
  readonly fetch: typeof fetch;
  readonly retry: Retry;
}

/** How often a request is sent, and how long each attempt may take. */
export interface Retry {
  readonly attempts: number;
  readonly timeoutMs: number;
}

/** The retries of an app whose options say nothing. */
export const DEFAULT_RETRY: Retry = { attempts: 5, timeoutMs: 30_000 };

/** One request. It MUST be safe to repeat, for example because it carries an idempotency key. */
export interface HttpRequest {
  /** @default {"POST"} */
  readonly method?: "GET" | "POST";
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** The beginning of error messages: `Cannot publish to "user:1"`. */
  readonly action: string;
}

/**
 * Sends a request and reads the response as text. Transient failures are retried after growing pauses.
 *
 * @throws {RealtimeError} The gateway's refusal, `too_large`, `network`, `timeout` or `aborted`.
 */
export async function request(
  context: HttpContext,
  asked: HttpRequest,
): Promise<string> {
  const { attempts } = context.retry;
  for (let attempt = 1;; attempt++) {
    try {
      return await requestOnce(context, asked, readText);
    } catch (error) {
      if (attempt >= attempts || !isTransient(error)) throw error;
    }
    await pause(backoff(attempt - 1), asked.signal);
  }
}

/**
 * Sends a request without retries.
 *
 * @param read Reads the body of the response. It has the same time limit as the request.
 * @throws {RealtimeError} The gateway's refusal, `network`, `timeout` or `aborted`.
 */
export async function requestOnce<T>(
  { url, bearer, fetch, retry }: HttpContext,
  { method = "POST", path, body, headers, signal, action }: HttpRequest,
  read: (response: Response, action: string) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw abortedError(action, signal);
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  const timer = setTimeout(abort, retry.timeoutMs);
  signal?.addEventListener("abort", abort);
  try {
    const response = await fetch(url + path, {
      method,
      body,
      headers: {
        ...headers,
        ...bearer && { authorization: `Bearer ${bearer}` },
      },
      signal: controller.signal,
    });
    if (!response.ok) {
      // Without an end of the body the status says enough.
      const text = await readText(response, action).catch(() => "");
      throw errorOfResponse(response, text, action);
    }
    return await read(response, action);
  } catch (cause) {
    if (signal?.aborted) throw abortedError(action, signal);
    if (cause instanceof RealtimeError) throw cause;
    const isTimeout = controller.signal.aborted;
    throw new RealtimeError(
      isTimeout ? "timeout" : "network",
      isTimeout
        ? `${action}: the gateway at ${url} did not answer in time`
        : `${action}: the gateway at ${url} can't be reached: ${
          networkReason(cause)
        }`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  }
}
