import type {
  CreateRealtimeOptions,
  Publication,
  PublishOptions,
  RealtimeApp,
  RequestOptions,
  TokenOptions,
  WaitForReplyOptions,
} from "../types/app.ts";
import { gatewaysHere } from "../http/gateway_fetch.ts";
import { mintToken } from "../protocol/mint_token.ts";
import { isTopicRef, resolveMessageInput } from "../publish/message_input.ts";
import { publishMessage } from "../publish/publish_message.ts";
import type { TokenLike } from "../subscribe/token_source.ts";
import type { MaybePromise, Realtime } from "../types/realtime.ts";
import { gatewayUrl } from "../http/gateway_url.ts";
import { checkSigningKey, signingKeyFor } from "../http/signing_key_for.ts";
import { AppGateways } from "./app_gateways.ts";
import {
  countSubscribers,
  type SubscribersTarget,
} from "./count_subscribers.ts";
import { tokenTarget } from "./token_target.ts";
import { requestReply } from "./request_reply.ts";
import { waitForReply } from "./wait_for_reply.ts";

/**
 * Creates the app with which a server publishes and mints tokens. It reads the configuration and connects when it is used first. In
 * development it needs none: it uses the gateway at `http://localhost:8787`.
 *
 * @throws {RealtimeError} `invalid_argument` for a signing key that can't be sent.
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
 */
export function createRealtime(
  options: CreateRealtimeOptions = {},
): RealtimeApp {
  if (options.signingKey) checkSigningKey(options.signingKey);
  const gateways = new AppGateways(options);

  async function publish(
    target: MaybePromise<Realtime.Message.Input> | Realtime.Topic.Ref,
    ...rest: unknown[]
  ): Promise<Publication> {
    const [data, given] = isTopicRef(target) ? rest : [undefined, ...rest];
    const gateway = gateways.current();
    const message = resolveMessageInput(target, data);
    return await publishMessage(
      gateway,
      // Nothing else is awaited, so that messages leave in the order of the calls.
      message instanceof Promise ? await message : message,
      (given ?? {}) as PublishOptions,
      options,
    );
  }

  const app: RealtimeApp = {
    get url() {
      return gatewayUrl(options.url);
    },
    publish,
    async request(
      topic: Realtime.Topic.Ref,
      data: unknown,
      requestOptions: RequestOptions = {},
    ) {
      return await requestReply(app, topic, data, requestOptions);
    },
    async waitForReply(
      topic: Realtime.Topic.Ref,
      id: string,
      waitOptions: WaitForReplyOptions = {},
    ) {
      const context = await gateways.current().context;
      return await waitForReply(app, context, topic, id, waitOptions);
    },
    token: ((wanted) => createToken(options, wanted)) as RealtimeApp["token"],
    async subscribers(target: SubscribersTarget) {
      return await countSubscribers(await gateways.current().context, target);
    },
  };
  return app;
}

async function createToken(
  options: CreateRealtimeOptions,
  wanted: TokenOptions,
): Promise<TokenLike> {
  const { channel, topics } = tokenTarget(wanted);
  const { from, publish, stop, expiresIn, sessionExpiresIn, subject } = wanted;
  const claimsOf = (granted: TokenOptions["publish"]) =>
    granted && (granted === true ||
        granted.map((topic) =>
          typeof topic === "string"
            ? { channel, name: topic }
            : { channel: topic.channel, name: topic.topic }
        )) || undefined;
  const apiBaseUrl = gatewayUrl(options.url);
  const key = await mintToken(signingKeyFor(options, apiBaseUrl), {
    expiresIn,
    sessionExpiresIn,
    sub: subject,
    topics: topics.map((name) => ({ channel, name })),
    publish: claimsOf(publish),
    stop: claimsOf(stop),
  });
  return {
    channel,
    topics,
    key,
    apiBaseUrl,
    ...from === undefined ? {} : { from },
    // A gateway of this process has no sockets.
    ...gatewaysHere.has(apiBaseUrl) ? { transport: "sse" } : {},
  };
}
