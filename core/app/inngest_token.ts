import type { AppLike, TokenOptions } from "../types/app.ts";
import { channelName } from "../channel/channel.ts";
import { readEnvironment } from "../http/environment.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { gatewayUrl } from "../http/gateway_url.ts";
import type { TokenLike } from "../subscribe/token_source.ts";

/** What both majors of Inngest's client have, under the names that they keep for themselves. */
interface InngestApi {
  getSubscriptionToken(channel: string, topics: string[]): Promise<string>;
  getTargetUrl(path: string): Promise<URL>;
}

/**
 * Makes a token: with an app of `createRealtime` on the spot; with an Inngest client by the gateway of the environment variables
 * `REALTIME_URL` and `REALTIME_SIGNING_KEY` where the former is set, else by the API that the client is configured for.
 */
export async function tokenOfApp(
  app: AppLike,
  options: TokenOptions,
): Promise<TokenLike> {
  if ("token" in app) return await app.token(options);
  const channel = channelName(options.channel);
  const topics = [...options.topics];
  if (!readEnvironment("REALTIME_URL")) {
    const { inngestApi } = app as unknown as { inngestApi: InngestApi };
    return {
      channel,
      topics,
      key: await inngestApi.getSubscriptionToken(channel, topics),
      apiBaseUrl: (await inngestApi.getTargetUrl("/")).origin,
    };
  }
  const apiBaseUrl = gatewayUrl();
  const signingKey = readEnvironment("REALTIME_SIGNING_KEY");
  const response = await gatewayFetch(apiBaseUrl)(
    apiBaseUrl + "/v1/realtime/token",
    {
      method: "POST",
      headers: signingKey === undefined
        ? {}
        : { authorization: `Bearer ${signingKey}` },
      body: JSON.stringify(
        topics.map((name) => ({ channel, name, kind: "run" })),
      ),
    },
  );
  const { jwt, error } = await response.json();
  if (error) throw new RealtimeError(error.code, error.message);
  return { channel, topics, key: jwt, apiBaseUrl };
}
