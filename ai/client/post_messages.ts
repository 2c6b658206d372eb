import type * as ai from "ai";
import { gatewayFetch } from "../../core/http/gateway_fetch.ts";
import { RealtimeError } from "../../core/protocol/errors.ts";
import { isText } from "../../core/protocol/shape.ts";
import { readRouteResponse } from "../../core/subscribe/route_response.ts";
import type { Answer } from "./chat.ts";
import type { ChatTransportOptions } from "./transport_options.ts";

/** The argument of a transport's `sendMessages`. */
export type SentMessages<UI_MESSAGE extends ai.UIMessage> = Parameters<
  ai.ChatTransport<UI_MESSAGE>["sendMessages"]
>[0];

/** The beginning of error messages. */
const ACTION = "Cannot send the message";

/** A value, the promise of one, or a function that returns either. */
type Resolvable<T> = T | PromiseLike<T> | (() => T | PromiseLike<T>);

async function resolve<T>(
  value: Resolvable<T> | undefined,
): Promise<T | undefined> {
  return await (typeof value === "function"
    ? (value as () => T | PromiseLike<T>)()
    : value);
}

function recordOf(headers: HeadersInit | undefined): Record<string, string> {
  return Object.fromEntries(new Headers(headers));
}

/**
 * Sends messages to the app's route, with the body, headers and credentials that the AI SDK's own transport sends.
 *
 * @returns The answer that the route has begun.
 * @throws {RealtimeError} The route's refusal; `invalid_json` if it answers with something else than the response of `publishChat`.
 * @throws {TypeError} The error of `fetch`.
 */
export async function postMessages<UI_MESSAGE extends ai.UIMessage>(
  options: ChatTransportOptions<UI_MESSAGE>,
  sent: Omit<SentMessages<UI_MESSAGE>, "abortSignal">,
  signal: AbortSignal,
): Promise<Answer> {
  const { api: ownApi = "/api/chat" } = options;
  const { chatId: id, messages, metadata, trigger, messageId } = sent;
  const shared = { ...await resolve<object>(options.body), ...sent.body };
  const headers = {
    ...recordOf(await resolve<HeadersInit>(options.headers)),
    ...recordOf(sent.headers),
  };
  const credentials = await resolve(options.credentials);
  const prepared = await options.prepareSendMessagesRequest?.({
    api: ownApi,
    id,
    messages,
    body: shared,
    headers,
    credentials,
    requestMetadata: metadata,
    trigger,
    messageId,
  });
  const {
    api = ownApi,
    body = { ...shared, id, messages, trigger, messageId },
  } = prepared ?? {};
  const request = gatewayFetch("the chat's route", options.fetch);
  const response = await request(api, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...recordOf(prepared?.headers ?? headers),
    },
    body: JSON.stringify(body),
    credentials: prepared?.credentials ?? credentials,
    signal,
  });
  return await readAnswer(response);
}

async function readAnswer(response: Response): Promise<Answer> {
  const type = response.headers.get("content-type");
  if (response.ok && type?.startsWith("text/event-stream")) {
    // The route streams the answer itself. Its body is not awaited: that would take as long as the answer.
    response.body?.cancel().catch(() => {});
    throw notOurs(`is "${type}"`);
  }
  const json = await readRouteResponse(response, ACTION);
  const { stream_id: streamId, id } = Object(json);
  if (isText(streamId) && isText(id)) return { streamId, id };
  throw notOurs('has no "stream_id"');
}

function notOurs(problem: string): RealtimeError {
  return new RealtimeError(
    "invalid_json",
    `${ACTION}: the response ${problem}; the route has to return the response of publishChat()`,
  );
}
