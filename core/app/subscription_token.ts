import type {
  AppLike,
  GetSubscriptionTokenFn,
  TokenOptions,
} from "../types/app.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { tokenOfApp } from "./inngest_token.ts";
import type { TokenLike } from "../subscribe/token_source.ts";

/** What only an app of `createRealtime` can put into a token. */
const OWN_OPTIONS = [
  "expiresIn",
  "sessionExpiresIn",
  "publish",
  "sub",
] as const;

async function getToken(
  app: AppLike,
  options: TokenOptions,
): Promise<TokenLike> {
  if (!("token" in app)) {
    for (const name of OWN_OPTIONS) {
      if (options[name] === undefined) continue;
      throw new TypeError(
        `Cannot get a token with "${name}" through an Inngest client: give an app of createRealtime()`,
      );
    }
  }
  try {
    const { from } = options;
    const token = await tokenOfApp(app, options);
    return from === undefined ? token : { ...token, from };
  } catch (cause) {
    if (
      cause instanceof RealtimeError || cause instanceof RangeError
    ) throw cause;
    throw new RealtimeError(
      cause instanceof TypeError ? "network" : "unauthenticated",
      "Cannot get a subscription token",
      { cause },
    );
  }
}

/**
 * Gets a token with which a browser, or anybody else, can subscribe to some topics of a channel. It is short-lived; give it
 * only to who may read them.
 *
 * With an app of `createRealtime` the token is made on the spot. With an Inngest client, of version 3 or 4, it comes from the gateway
 * that the environment variables `REALTIME_URL` and `REALTIME_SIGNING_KEY` name, else from the API that the client is configured for.
 *
 * @example Behind the app's own sign-in
 * ```ts
 * import {
 *   channel,
 *   createRealtime,
 *   getSubscriptionToken,
 *   topic,
 * } from "@tidings/realtime";
 *
 * const userChannel = channel((userId: string) => `user:${userId}`)
 *   .addTopic(topic("ai").type<{ response: string }>());
 * const realtime = createRealtime({ url: "http://localhost:8787" });
 *
 * export function tokenFor(userId: string) {
 *   return getSubscriptionToken(realtime, {
 *     channel: userChannel(userId),
 *     topics: ["ai"],
 *   });
 * }
 * ```
 *
 * @param app An app of `createRealtime`, or an Inngest client.
 * @param options The channel and topics. With an Inngest client nothing else can be chosen.
 * @throws {RealtimeError} `invalid_name`; `unauthenticated` without a key; what the gateway refused.
 */
export const getSubscriptionToken: GetSubscriptionTokenFn =
  getToken as GetSubscriptionTokenFn;
