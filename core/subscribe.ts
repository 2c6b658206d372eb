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
  createTokenSource,
  type TokenLike,
} from "./token_source.ts";
import type { Realtime, Untyped } from "./types.ts";

/** Characters of JSON that may wait unread by default. */
const MAX_UNREAD = 8 * 1024 * 1024;

type Source = TokenLike & { readonly app?: AppLike };

/** Calls what the app gave after the present work: what it throws is its own, and does not stop that work. */
function later<T extends unknown[]>(
  handler: ((...args: T) => void) | undefined,
): (...args: T) => void {
  return (...args) => handler && queueMicrotask(() => handler(...args));
}

/** Gives each message's data what its topic's schema makes of them; `undefined` where no topic has a schema. */
function checker(
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
  given: SubscribeOptions<Untyped> | SubscribeOptions<Untyped>["onMessage"],
): Promise<Realtime.Subscribe.StreamSubscription<Untyped>> {
  const {
    onMessage,
    onError = console.warn,
    onGap,
    onState,
    from,
    signal,
    transport = "auto",
    multiplex = true,
    maxUnread = MAX_UNREAD,
    validate = true,
  } = typeof given === "function" ? { onMessage: given } : given ?? {};
  const { app } = source as Source;
  const ask = typeof source === "function"
    ? source
    : app && (() => tokenOfApp(app, source as TokenOptions));
  const tokens = createTokenSource(ask ?? (source as TokenLike));
  const token = ask ? await tokens.renew() : source as TokenLike;
  const target = app ? source as Source : token;
  const { topics } = target;
  const channel = channelName(target.channel);
  const report = later<[RealtimeError]>(onError);
  return await openSubscription({
    channel,
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
    check: validate ? checker(target.channel, topics) : undefined,
    onError: report,
    onGap: later(
      onGap ?? (({ after, before }: Gap) =>
        report(
          new RealtimeError(
            "unavailable",
            `Messages are lost between ${after} and ${before}`,
          ),
        )),
    ),
    onState: later(onState),
    onMessage,
    signal,
  });
}

/**
 * Subscribes to topics of a channel. …
 */
export const subscribe: SubscribeFn = open as SubscribeFn;
