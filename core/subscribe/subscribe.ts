import type { SubscribeFn } from "../types/subscribe.ts";
import { openWithTokens, type Options } from "./open_with_tokens.ts";
import type { ServerTarget } from "./server_token.ts";
import type { Subscription } from "./subscription.ts";
import { createTokenSource, type TokenLike } from "./token_source.ts";

/** Tells whether a subscription has no token yet, so that the server which opens it gets one. */
function isServerTarget(source: unknown): source is ServerTarget {
  const target = Object(source);
  return "topics" in target && (target.app ? !target.key : !("key" in target));
}

/** The module that gets tokens on servers: no page needs it, so bundlers put it into a file of its own. */
let serverTokens: Promise<typeof import("./server_token.ts")> | undefined;

/** Gets the token of a server's subscription. The module is loaded once: on Deno, a thousand loads at once take a second. */
async function tokenOf(
  target: ServerTarget,
  signal: AbortSignal | undefined,
): Promise<TokenLike> {
  serverTokens ??= import("./server_token.ts");
  return (await serverTokens).serverToken(target, signal);
}

async function open(
  source: unknown,
  given?: Options | Options["onMessage"],
): Promise<Subscription> {
  const options = typeof given === "function"
    ? { onMessage: given }
    : given ?? {};
  // As the single argument, in the form of Inngest's version 4, the source has some of the options itself.
  const { onMessage, onError, validate, apiBaseUrl } = Object(source);
  const all = {
    ...options,
    onMessage: options.onMessage ?? onMessage,
    onError: options.onError ?? onError,
    validate: options.validate ?? validate,
    url: options.url ?? apiBaseUrl,
  };
  return await (isServerTarget(source)
    ? openWithTokens(
      createTokenSource(() => tokenOf(source, all.signal)),
      all,
      source,
    )
    : openWithTokens(createTokenSource(source), all));
}

/**
 * Subscribes to topics of a channel. Resolves when the gateway has accepted the subscription: no message that is published from then on is
 * missed.
 *
 * A lost network does not end the subscription. It reconnects, and delivers the messages of the meantime, once and in order. Messages that
 * the gateway no longer has are reported to `onGap`. Only a final error ends the subscription: the gateway refused the token or its topics
 * and there is no function that provides another token, or that function threw.
 *
 * An error that a callback or a schema throws is passed to `onError`, and one that `onError` throws to `console.warn`. Neither ends the
 * subscription.
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
 * import { subscribe } from "@tidings/realtime";
 *
 * const subscription = await subscribe(() => fetch("/api/realtime-token"), {
 *   from: "start",
 *   onMessage: (message) => console.log(message.data),
 *   onGap: ({ after, before }) => console.warn("Lost", after, before),
 * });
 * await subscription.close();
 * ```
 *
 * @param source A token, `{ token }`, a `Response` whose JSON is either, or a function that provides one of these; on a server,
 * `{ app, channel, topics }` with an app of `createRealtime` or an Inngest client, or `{ channel, topics }` for the gateway and the key of
 * the environment. It may have `onMessage`, `onError` and `validate` itself.
 * @param options The options, or a function that is called with each message.
 * @throws {RealtimeError} The final error, if the subscription could not be opened, or any error of the first token: the refusal of a
 * `Response` has the code that belongs to its status, and the reason that its JSON or text gives.
 */
export const subscribe: SubscribeFn = open as unknown as SubscribeFn;
