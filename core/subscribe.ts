import type { AppLike, SubscribeFn, TokenOptions } from "./api_types.ts";
import { channelName, topicSchema } from "./channel.ts";
import { connectionTo } from "./connection_pool.ts";
import { RealtimeError } from "./errors.ts";
import type { MessageFrame } from "./frame.ts";
import { gatewayUrl } from "./gateway_url.ts";
import { tokenOfApp } from "./inngest_app.ts";
import { validate } from "./schema.ts";
import type { From, Gap, SubscribeOptions } from "./subscribe_types.ts";
import { openSubscription } from "./subscription.ts";
import {
  type AskForToken,
  type TokenLike,
  TokenSource,
} from "./token_source.ts";
import type { Realtime, Untyped } from "./types.ts";

/** Messages that may wait unread by default. */
const MAX_UNREAD = 1024;

type Source = TokenLike & { readonly app?: AppLike };

/** Calls what the app gave after the present work: what it throws is its own, and does not stop that work. */
function later<T extends unknown[]>(
  handler: ((...args: T) => void) | undefined,
): (...args: T) => void {
  return (...args) => handler && queueMicrotask(() => handler(...args));
}

function sinceOf(from: From | undefined): string | undefined {
  if (typeof from === "object") return `last:${from.last}`;
  return from === "live" ? undefined : from;
}

/** Gives each message's data what its topic's schema makes of them; `undefined` where no topic has a schema. */
function validator(
  channel: unknown,
  topics: readonly string[],
): ((frame: MessageFrame) => unknown) | undefined {
  const schemas = new Map(
    topics.map((topic) => [topic, topicSchema(channel, topic)]),
  );
  if (![...schemas.values()].some(Boolean)) return undefined;
  return ({ kind, topic, id, data }) => {
    const schema = schemas.get(topic);
    return schema && !kind.startsWith("datastream")
      ? validate(schema, data, `Cannot read the message ${id}`)
      : data;
  };
}

async function open(
  source: Source | AskForToken,
  given: SubscribeOptions<Untyped> | SubscribeOptions<Untyped>["onMessage"] =
    {},
): Promise<Realtime.Subscribe.StreamSubscription<Untyped>> {
  const options = typeof given === "function" ? { onMessage: given } : given;
  const { signal } = options;
  const { app } = source as Source;
  const ask = typeof source === "function"
    ? source
    : app && (() => tokenOfApp(app, source as TokenOptions));
  const tokens = new TokenSource(ask ?? (source as TokenLike));
  const token = ask ? await tokens.renew() : source as TokenLike;
  const from = app ? source as Source : token;
  const channel = channelName(from.channel);
  const onError = later<[RealtimeError]>(options.onError ?? console.warn);
  const topics = new Set(from.topics);
  return await openSubscription({
    channel,
    topics,
    host: connectionTo(
      gatewayUrl(token.apiBaseUrl),
      options.transport ?? "auto",
      topics.size,
      options.multiplex ?? true,
    ),
    tokens,
    since: sinceOf(options.from),
    limit: options.maxUnread ?? MAX_UNREAD,
    validate: options.validate === false
      ? undefined
      : validator(from.channel, from.topics),
    onError,
    onGap: later(
      options.onGap ?? (({ channel, after, before }: Gap) =>
        onError(
          new RealtimeError(
            "unavailable",
            `Messages of "${channel}" between ${after} and ${before} are lost`,
          ),
        )),
    ),
    onState: later(options.onState),
    onMessage: options.onMessage,
    signal,
  });
}

/**
 * Subscribes to topics of a channel. …
 */
export const subscribe: SubscribeFn = open as SubscribeFn;
