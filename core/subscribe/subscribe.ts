import type { RealtimeApp, TokenOptions } from "../types/app.ts";
import { channelName, topicSchema } from "../channel/channel.ts";
import { connectionTo } from "./connection_pool.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { validate } from "../channel/validate.ts";
import type { SubscribeFn, SubscribeOptions } from "../types/subscribe.ts";
import { openSubscription } from "./subscription.ts";
import {
  type AskForToken,
  createTokenSource,
  type TokenLike,
} from "./token_source.ts";
import type { Realtime, Untyped } from "../types/realtime.ts";

type Source = TokenLike | (TokenOptions & { readonly app: RealtimeApp });

/** Calls what the app gave after the present work: what it throws is its own, and does not stop that work. */
function later<T extends unknown[]>(
  handler: ((...args: T) => void) | undefined,
): (...args: T) => void {
  return (...args) => handler && queueMicrotask(() => handler(...args));
}

function urlOf({ apiBaseUrl }: TokenLike, url = apiBaseUrl): string {
  if (!url || !URL.canParse(url)) {
    throw new RealtimeError(
      "invalid_argument",
      "The token has no URL",
    );
  }
  return url.replace(/\/$/, "");
}

async function open(
  source: Source | AskForToken,
  given: SubscribeOptions<Untyped> | SubscribeOptions<Untyped>["onMessage"],
): Promise<Realtime.Subscribe.StreamSubscription<Untyped>> {
  const options: SubscribeOptions<Untyped> = typeof given === "function"
    ? { onMessage: given }
    : given ?? {};
  const isTarget = "app" in source;
  const ask = isTarget ? () => source.app.token(source) : source;
  const tokens = createTokenSource(ask);
  const token = typeof ask === "function" ? await tokens.renew() : ask;
  const { channel, topics } = isTarget ? source : token;
  const { from = token.from } = options;
  options.signal?.throwIfAborted();
  return await openSubscription({
    ...options,
    channel: channelName(channel),
    topics,
    connection: connectionTo(
      urlOf(token, options.url),
      options.transport ?? token.transport,
      options.multiplex,
    ),
    tokens,
    since: typeof from === "object" ? `last:${from.last}` : from,
    check({ kind, topic, id, data }) {
      const schema = options.validate !== false && topicSchema(channel, topic);
      return schema && !/-/.test(kind)
        ? () => validate(schema, data, `Cannot accept ${id}`)
        : undefined;
    },
    onError: later(options.onError ?? console.warn),
    onGap: later(options.onGap ?? console.warn),
    onState: later(options.onState),
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
