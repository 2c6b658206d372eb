import { invalidArgument } from "../protocol/duration.ts";
import type {
  AppLike,
  GetSubscriptionTokenFn,
  TokenOptions,
} from "../types/app.ts";
import { badArgument, tokenTarget } from "./token_target.ts";
import { requestToken } from "../subscribe/server_token.ts";
import { readToken, type TokenLike } from "../subscribe/token_source.ts";

function isAppLike(app: unknown): app is AppLike {
  const { token, [Symbol.toStringTag]: tag } = Object(app);
  return typeof token === "function" || tag === "Inngest.App";
}

async function getToken(
  app: AppLike,
  options: TokenOptions,
): Promise<TokenLike> {
  if (!isAppLike(app)) {
    throw badArgument("pass an app of createRealtime(), or an Inngest client");
  }
  if ("token" in app) return await app.token(options);
  const target = tokenTarget(options);
  const { channel: _, topics: __, from, ...appOnly } = options;
  for (const [name, value] of Object.entries(appOnly)) {
    if (value === undefined) continue;
    throw invalidArgument(
      `Cannot get a token with "${name}" through an Inngest client: give an app of createRealtime()`,
    );
  }
  const token = await readToken(() => requestToken(target, app));
  return from === undefined ? token : { ...token, from };
}

/**
 * Gets a short-lived token that lets a browser, or another client, subscribe to some topics of a channel. Give it only to users who may
 * read those topics.
 *
 * An app of `createRealtime` makes the token itself. For an Inngest client, of version 3 or 4, the token comes from the gateway of the
 * environment variables `REALTIME_URL` and `REALTIME_SIGNING_KEY`, else from the API that the client is configured for.
 *
 * @example Get a token for a user who is signed in
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
 * @param options The channel and topics. An Inngest client supports no other options than these and `from`.
 * @throws {RealtimeError} `invalid_argument` if the app, the channel, the topics or the gateway's URL are missing, or if an Inngest client does
 * not support an option; `invalid_name`; `unauthenticated` without a key; the gateway's refusal; `timeout` if there is no answer after 30 s.
 */
export const getSubscriptionToken: GetSubscriptionTokenFn =
  getToken as GetSubscriptionTokenFn;
