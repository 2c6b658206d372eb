import { channelName, topicSchema } from "../channel/channel.ts";
import { baseUrl } from "../http/base_url.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import type { RealtimeApp, TokenOptions } from "../types/app.ts";
import type { SubscribeFn, SubscribeOptions } from "../types/subscribe.ts";
import { connectionTo } from "./connection_pool.ts";
import type { IncomingMessage } from "./decode_message.ts";
import { openSubscription, type Subscription } from "./subscription.ts";
import { createTokenSource, missing, type TokenLike } from "./token_source.ts";

/** The target of a subscription on a server, which makes the token itself. */
type Target = TokenOptions & { readonly app: RealtimeApp };

type Options = SubscribeOptions<IncomingMessage>;

/**
 * Wraps a function of the app, so that it is called after the current work. What it throws, or its promise rejects with, is passed to
 * `onError`, and interrupts nothing.
 */
function later<T extends unknown[]>(
  handler: ((...args: T) => unknown) | undefined,
  onError: (error: RealtimeError) => void,
): (...args: T) => void {
  return (...args) => {
    if (!handler) return;
    queueMicrotask(async () => {
      try {
        await handler(...args);
      } catch (error) {
        onError(error as RealtimeError);
      }
    });
  };
}

/** Returns the gateway's base URL. */
function urlOf(
  { apiBaseUrl }: TokenLike,
  { url = apiBaseUrl }: Options,
): string {
  if (!url) throw missing("apiBaseUrl");
  return baseUrl(url, "Cannot subscribe");
}

/** Tells whether a subscription makes its token itself. */
function isTarget(source: unknown): source is Target {
  return Object(source).app !== undefined;
}

async function open(
  source: unknown,
  given: Options | Options["onMessage"],
): Promise<Subscription> {
  const options = typeof given === "function"
    ? { onMessage: given }
    : given ?? {};
  const target = isTarget(source) ? source : undefined;
  const tokens = createTokenSource(
    target ? () => target.app.token(target) : source,
  );
  const token = await tokens.renew();
  // A token has the channel's name only. A target may have the channel itself, which knows its schemas.
  const { channel, topics } = target ?? token;
  const { from = token.from, validate = true } = options;
  options.signal?.throwIfAborted();
  const onError = later(options.onError ?? console.warn, console.warn);
  return await openSubscription({
    ...options,
    channel: channelName(channel),
    topics,
    connection: connectionTo(
      urlOf(token, options),
      options.transport ?? token.transport,
      options.multiplex,
      options,
    ),
    tokens,
    since: typeof from === "object" ? `last:${from.last}` : from,
    schemaOf: (topic) => validate ? topicSchema(channel, topic) : undefined,
    onError,
    onGap: later(options.onGap ?? console.warn, onError),
    onState: later(options.onState, onError),
  });
}

/**
 * Subscribes to topics of a channel. Resolves when the gateway has accepted the subscription: no message that is published from then on is
 * missed.
 *
 * A lost network does not end the subscription. It reconnects, and delivers the messages of the meantime, once and in order. Messages that
 * the gateway no longer has are reported to `onGap`. Only a final error ends the subscription: the gateway refused the token or its topics
 * and there is no function that provides another token, or that function threw.
 *
 * @example Read the messages
 * ```ts
 * import { type Realtime, subscribe } from "@tidings/realtime";
 *
 * export async function show(token: Realtime.Subscribe.Token): Promise<void> {
 *   const stream = await subscribe(token);
 *   for await (const message of stream) {
 *     console.log(message.data);
 *   }
 * }
 * ```
 *
 * @example Fetch a token whenever one is needed, and start with the oldest message of the log
 * ```ts
 * import { type Realtime, subscribe } from "@tidings/realtime";
 *
 * async function getToken(): Promise<Realtime.Subscribe.Token> {
 *   const response = await fetch("/api/get-subscribe-token", { method: "POST" });
 *   return await response.json();
 * }
 *
 * const subscription = await subscribe(getToken, {
 *   from: "start",
 *   onMessage: (message) => console.log(message.data),
 *   onGap: ({ after, before }) => console.warn("Lost", after, before),
 * });
 * await subscription.close();
 * ```
 *
 * @param source A token, a function that provides one, or, on a server, `{ app, channel, topics }`.
 * @param options The options, or a function that is called with each message.
 * @throws {RealtimeError} The final error, if the subscription could not be opened.
 */
export const subscribe: SubscribeFn = open as unknown as SubscribeFn;
