import type { InngestClient } from "../types/app.ts";
import { readEnvironment } from "../http/environment.ts";
import { parseStringField } from "../http/json_answer.ts";
import { type HttpContext, request } from "../http/request.ts";
import type { TokenLike } from "../subscribe/token_source.ts";
import { contextOf } from "./app_context.ts";
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
    // The caller may try again: an app's route should answer soon.
    const context = await contextOf({ retry: { attempts: 1 } });
    const key = await requestToken(context, channel, topics);
    return { channel, topics, key, apiBaseUrl: context.url };
  }
  const { inngestApi } = client as unknown as { inngestApi: InngestApi };
  return {
    channel,
    topics,
    key: await inngestApi.getSubscriptionToken(channel, topics),
    apiBaseUrl: (await inngestApi.getTargetUrl("/")).origin,
  };
}

/** Asks the gateway for a token. */
async function requestToken(
  context: HttpContext,
  channel: string,
  topics: readonly string[],
): Promise<string> {
  const claims = topics.map((name) => ({ channel, name, kind: "run" }));
  const answer = await request(context, {
    path: "/v1/realtime/token",
    body: JSON.stringify(claims),
    action: ACTION,
  });
  return parseStringField(answer, "jwt", ACTION);
}
