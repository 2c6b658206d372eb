import type { AppLike, SubscribeFn, TokenOptions } from "./api_types.ts";
import { channelName, topicSchema } from "./channel.ts";
import { connectionTo } from "./connection_pool.ts";
import { gatewayUrl } from "./gateway_url.ts";
import { tokenOfApp } from "./inngest_app.ts";
import { validate as check } from "./schema.ts";
import type { SubscribeOptions } from "./subscribe_types.ts";
import { openSubscription } from "./subscription.ts";
import {
  type AskForToken,
  createTokenSource,
  type TokenLike,
} from "./token_source.ts";
import type { Realtime, Untyped } from "./types.ts";

/** Characters of JSON that may wait unread by default. */
const MAX_UNREAD = 8 * 1024 * 1024;

type Source = TokenLike | (TokenOptions & { readonly app: AppLike });

/** Calls what the app gave after the present work: what it throws is its own, and does not stop that work. */
function later<T extends unknown[]>(
  handler: ((...args: T) => void) | undefined,
): (...args: T) => void {
  return (...args) => handler && queueMicrotask(() => handler(...args));
}

async function open(
  source: Source | AskForToken,
  given: SubscribeOptions<Untyped> | SubscribeOptions<Untyped>["onMessage"],
): Promise<Realtime.Subscribe.StreamSubscription<Untyped>> {
  const {
    onMessage,
    onError = console.warn,
    onGap = console.warn,
    onState,
    from,
    signal,
    transport = "auto",
    multiplex = true,
    maxUnread = MAX_UNREAD,
    validate = true,
  } = typeof given === "function" ? { onMessage: given } : given ?? {};
  const isTarget = "app" in source;
  const ask = isTarget ? () => tokenOfApp(source.app, source) : source;
  const tokens = createTokenSource(ask);
  const token = typeof ask === "function" ? await tokens.renew() : ask;
  const { channel, topics } = isTarget ? source : token;
  return await openSubscription({
    channel: channelName(channel),
    topics,
    connection: connectionTo(
      gatewayUrl(token.apiBaseUrl),
      transport,
      topics.length,
      multiplex,
    ),
    tokens,
    since: typeof from === "object"
      ? `last:${from.last}`
      : from === "live"
      ? undefined
      : from,
    maxUnread,
    check: validate && typeof channel === "object"
      ? ({ kind, topic, id, data }) => {
        const schema = topicSchema(channel, topic);
        return schema && !/-/.test(kind)
          ? check(schema, data, `Cannot read ${id}`)
          : data;
      }
      : undefined,
    onError: later(onError),
    onGap: later(onGap),
    onState: later(onState),
    onMessage,
    signal,
  });
}

/**
 * Subscribes to topics of a channel, and resolves when the gateway has accepted that: nothing that is published from then on is missed.
 *
 * A lost network never ends the subscription: it comes back, and what was published in the meantime is delivered then, once and in order.
 * What can't be any more is told to `onGap`. Only a final refusal ends it, with an error: a token that is not valid or doesn't grant the
 * topics, where there is no function that gets another, or what that function throws.
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
 * @example Get a new token whenever one is needed, begin with the oldest message that is left
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
 * @param source A token, a function that gets one, or, on a server, `{ app, channel, topics }`.
 * @param options What to do with messages, and how to subscribe; a function is called with each message.
 * @throws {RealtimeError} For a final refusal.
 */
export const subscribe: SubscribeFn = open as SubscribeFn;
