import type {
  CreateRealtimeOptions,
  Publication,
  PublishOptions,
  RealtimeApp,
  TokenOptions,
} from "../types/app.ts";
import { channelName } from "../channel/channel.ts";
import { readEnvironment } from "../http/environment.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { gatewayFetch, gatewaysHere } from "../http/gateway_fetch.ts";
import { gatewayUrl } from "../http/gateway_url.ts";
import { isLoopback } from "../http/loopback.ts";
import type { HttpContext } from "../http/request.ts";
import { isTopicRef, resolveMessageInput } from "../publish/message_input.ts";
import { publishMessage } from "../publish/publish_message.ts";
import { request } from "./request_reply.ts";
import {
  DEVELOPMENT_SIGNING_KEY,
  hashSigningKey,
} from "../protocol/signing_key.ts";
import {
  countSubscribers,
  type SubscribersTarget,
} from "./count_subscribers.ts";
import { mintToken } from "../protocol/mint_token.ts";
import type { TokenLike } from "../subscribe/token_source.ts";
import type { MaybePromise, Realtime } from "../types/realtime.ts";

/**
 * Makes what an app's server publishes and mints tokens with. Nothing is configured or connected before the first use.
 *
 * @example Publish in the three forms, and mint a token
 * ```ts
 * import { channel, createRealtime, topic } from "@tidings/realtime";
 *
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 * const userChannel = channel((userId: string) => `user:${userId}`)
 *   .addTopic(topic("ai").type<{ response: string }>());
 *
 * await realtime.publish(userChannel("1").ai({ response: "Hello" }));
 * await realtime.publish(userChannel("1").ai, { response: "Hello" });
 * const { id } = await realtime.publish({
 *   channel: "user:1",
 *   topic: "ai",
 *   data: { response: "Hello" },
 * });
 *
 * const token = await realtime.token({
 *   channel: userChannel("1"),
 *   topics: ["ai"],
 * });
 * ```
 *
 * @param options Where the gateway is, and its key.
 */
export function createRealtime(
  options: CreateRealtimeOptions = {},
): RealtimeApp {
  const { retry = {} } = options;

  /** The key, or the one that every gateway in development mode has, which runs on the same machine. */
  function signingKey(url: string): string {
    const key = options.signingKey || readEnvironment("REALTIME_SIGNING_KEY");
    if (key) return key;
    if (isLoopback(new URL(url).hostname)) return DEVELOPMENT_SIGNING_KEY;
    throw new RealtimeError(
      "unauthenticated",
      `Cannot use the gateway at ${url}: no signing key is given and REALTIME_SIGNING_KEY is not set`,
    );
  }

  async function context(url: string): Promise<HttpContext> {
    return {
      url,
      bearer: await hashSigningKey(signingKey(url)),
      fetch: options.fetch ?? gatewayFetch(url),
      retry,
    };
  }

  async function publish(
    target: MaybePromise<Realtime.Message.Input> | Realtime.Topic.Ref,
    ...rest: unknown[]
  ): Promise<Publication> {
    const [data, given] = isTopicRef(target) ? rest : [undefined, ...rest];
    const message = await resolveMessageInput(target, data);
    const url = gatewayUrl(options.url);
    return await publishMessage(
      await context(url),
      message,
      (given ?? {}) as PublishOptions,
      options.flush,
    );
  }

  async function token(
    { channel, topics, from, publish, ...rest }: TokenOptions,
  ): Promise<TokenLike> {
    const apiBaseUrl = gatewayUrl(options.url);
    const name = channelName(channel);
    const key = await mintToken(signingKey(apiBaseUrl), {
      ...rest,
      topics: topics.map((topic) => ({ channel: name, name: topic })),
      ...publish && {
        publish: publish === true ||
          publish.map((topic) =>
            typeof topic === "string" ? { channel: name, name: topic } : topic
          ),
      },
    });
    const token: TokenLike = {
      channel: name,
      topics: [...topics],
      key,
      apiBaseUrl,
      ...from === undefined ? {} : { from },
    };
    return gatewaysHere.has(apiBaseUrl)
      ? { ...token, transport: "sse" }
      : token;
  }

  const app: RealtimeApp = {
    get url() {
      return gatewayUrl(options.url);
    },
    publish,
    request:
      (async (topic: Realtime.Topic.Ref, data, options = {}) =>
        await request(
          app,
          (options) => publish(topic, data, options),
          topic,
          options,
        )) as RealtimeApp["request"],
    token: token as RealtimeApp["token"],
    async subscribers(target: SubscribersTarget): Promise<number> {
      return await countSubscribers(
        await context(gatewayUrl(options.url)),
        target,
      );
    },
  };
  return app;
}
