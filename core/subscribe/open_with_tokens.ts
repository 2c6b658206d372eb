import { channelName, topicSchema } from "../channel/channel.ts";
import { baseUrl } from "../http/base_url.ts";
import type { RealtimeError } from "../protocol/errors.ts";
import { backoffBounds } from "../time/backoff.ts";
import { untilAborted } from "../time/until_aborted.ts";
import type { SubscribeOptions } from "../types/subscribe.ts";
import type { From } from "../types/token.ts";
import { connectionsTo } from "./connection_pool.ts";
import type { IncomingMessage } from "./decode_message.ts";
import { openSubscription, type Subscription } from "./subscription.ts";
import { missing, type TokenSource } from "./token_source.ts";
import { warnOfGap } from "./warn_of_gap.ts";

/** Options of `subscribe`, for any type of channel. */
export type Options = SubscribeOptions<IncomingMessage>;

/** The channel and topics of a subscription, where the caller knows them without a token. Its channel may know schemas, a token's never does. */
export interface KnownTarget {
  readonly channel: unknown;
  readonly topics: readonly string[];
  readonly from?: From | undefined;
}

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

/** Opens a subscription whose tokens come from a source. Without a known target it is to the channel and topics of its token. */
export async function openWithTokens(
  tokens: TokenSource,
  options: Options,
  known?: KnownTarget,
): Promise<Subscription> {
  const token = await untilAborted(tokens.renew(), options.signal);
  const { channel, topics } = known ?? token;
  const { url = token.apiBaseUrl, validate = true } = options;
  const from = options.from ?? known?.from ?? token.from ?? undefined;
  if (!url) {
    // Tokens of Inngest's version 3 have none.
    throw missing("a URL in the token or the options", "invalid_argument");
  }
  const onError = later(options.onError ?? console.warn, console.warn);
  return await openSubscription({
    ...options,
    channel: channelName(channel),
    topics,
    connections: connectionsTo(
      baseUrl(url, "Cannot subscribe"),
      options.transport ?? token.transport,
      options.multiplex,
      backoffBounds(options),
    ),
    tokens,
    // Text, whatever a token without types has here.
    since: typeof from === "object" ? `last:${from.last}` : from && `${from}`,
    schemaOf: (topic) => validate ? topicSchema(channel, topic) : undefined,
    onError,
    onGap: later(options.onGap ?? warnOfGap, onError),
    onState: later(options.onState, onError),
  });
}
