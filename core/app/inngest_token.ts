import type { InngestClient } from "../types/app.ts";
import { readEnvironment } from "../http/environment.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { parseStringField } from "../http/json_answer.ts";
import { request } from "../http/request.ts";
import type { TokenLike } from "../subscribe/token_source.ts";
import { gatewayUrl } from "./app_context.ts";
import { ACTION, type TokenTarget } from "./token_target.ts";

/** The methods for tokens that Inngest's clients of both majors have. They are not part of Inngest's public types. */
interface InngestApi {
  getSubscriptionToken(channel: string, topics: string[]): Promise<string>;
  getTargetUrl(path: string): Promise<URL>;
}

/**
 * Gets a token for an Inngest client: from the gateway of the environment variables `REALTIME_URL` and `REALTIME_SIGNING_KEY` if the former
 * is set, else from the API that the client is configured for.
 */
export async function inngestToken(
  client: InngestClient,
  { channel, topics }: TokenTarget,
): Promise<TokenLike> {
  if (readEnvironment("REALTIME_URL")) {
    const apiBaseUrl = gatewayUrl();
    const key = await requestToken(apiBaseUrl, channel, topics);
    return { channel, topics, key, apiBaseUrl };
  }
  const { inngestApi } = client as unknown as { inngestApi: InngestApi };
  return {
    channel,
    topics,
    key: await inngestApi.getSubscriptionToken(channel, topics),
    apiBaseUrl: (await inngestApi.getTargetUrl("/")).origin,
  };
}

/** Asks the gateway for a token, once. */
async function requestToken(
  url: string,
  channel: string,
  topics: readonly string[],
): Promise<string> {
  const bearer = readEnvironment("REALTIME_SIGNING_KEY");
  const retry = { attempts: 1 };
  const claims = topics.map((name) => ({ channel, name, kind: "run" }));
  const answer = await request(
    { url, bearer, fetch: gatewayFetch(url), retry },
    {
      path: "/v1/realtime/token",
      body: JSON.stringify(claims),
      action: ACTION,
    },
  );
  return parseStringField(answer, "jwt", ACTION);
}
