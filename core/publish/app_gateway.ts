import { gatewayFetch } from "../http/gateway_fetch.ts";
import { badAnswer } from "../http/json_answer.ts";
import {
  DEFAULT_RETRY,
  type HttpContext,
  requestOnce,
} from "../http/request.ts";
import { isTransient } from "../http/transient.ts";
import { toMsWithin } from "../protocol/duration.ts";
import { FRAME_CHARACTERS } from "../protocol/limits.ts";
import { hashSigningKey } from "../protocol/signing_key.ts";
import type { CreateRealtimeOptions } from "../types/app.ts";
import { decodeLineAnswer } from "./batch_line.ts";
import type { InContext } from "./keep_context.ts";
import { PublishQueue } from "./publish_queue.ts";
import { readLines } from "./read_lines.ts";

/** A gateway as an app uses it. */
export interface AppGateway {
  /** The base URL. */
  readonly url: string;
  /** The credential, the retries and so on of all requests to it. */
  readonly context: Promise<HttpContext>;
  /** Sends the app's messages. */
  readonly queue: PublishQueue;
}

/** The beginning of the errors of a batch, which has no channel of its own. */
const ACTION = "Cannot publish";

const runHere: InContext = (action) => action();

/** Makes the connection of an app to a gateway. No request is sent yet. */
export function openAppGateway(
  url: string,
  signingKey: string,
  { fetch: send, retry: options }: Pick<
    CreateRealtimeOptions,
    "fetch" | "retry"
  >,
): AppGateway {
  const {
    attempts = DEFAULT_RETRY.attempts,
    timeout = DEFAULT_RETRY.timeoutMs / 1000,
  } = options ?? {};
  const retry = {
    attempts,
    timeoutMs: toMsWithin('Cannot publish: "retry.timeout"', timeout, "1d"),
  };
  const context = hashSigningKey(signingKey).then((bearer): HttpContext => ({
    url,
    bearer,
    fetch: gatewayFetch(url, send),
    retry,
  }));
  const queue = new PublishQueue({
    action: ACTION,
    attempts,
    mayPass: isTransient,
    async post(lines, signal, answered, inContext = runHere) {
      const http = await context;
      const request = {
        path: "/v1/realtime/publish/batch",
        body: lines.join("\n"),
        headers: { "content-type": "application/x-ndjson" },
        signal,
        action: ACTION,
      };
      let left = lines.length;
      const onLine = (line: string): void => {
        if (left-- === 0) throw badAnswer("has too many lines", ACTION);
        answered(decodeLineAnswer(line, ACTION));
      };
      // In the context of the queue, which is that of whoever used it first, all requests would belong to one trace.
      await inContext(() =>
        requestOnce(http, request, async (response) => {
          if (lines.length > 1 || !isShort(response)) {
            return await readLines(response, ACTION, onLine);
          }
          // A single answer can't come in parts. On Bun this saves a third of the CPU time of a publish.
          const line = (await response.text()).trim();
          if (line !== "") onLine(line);
        })
      );
    },
  });
  return { url, context, queue };
}

/** Tells whether a body is short enough: one in chunks has any length, and a compressed one becomes longer. */
function isShort({ headers }: Response): boolean {
  return Number(headers.get("content-length") ?? NaN) < FRAME_CHARACTERS &&
    !headers.has("transfer-encoding") && !headers.has("content-encoding");
}
