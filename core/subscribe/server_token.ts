import { channelName } from "../channel/channel.ts";
import { baseUrl } from "../http/base_url.ts";
import { readEnvironment } from "../http/environment.ts";
import { gatewayFetch } from "../http/gateway_fetch.ts";
import { gatewayUrl } from "../http/gateway_url.ts";
import { badAnswer, parseAnswer } from "../http/json_answer.ts";
import { readText } from "../http/read_text.ts";
import { DEFAULT_RETRY, requestOnce } from "../http/request.ts";
import { signingKeyFor } from "../http/signing_key_for.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { hashSigningKey } from "../protocol/signing_key.ts";
import { isText } from "../protocol/shape.ts";
import type { InngestClient, TokenOptions } from "../types/app.ts";
import type { SubscribeTarget } from "../types/subscribe.ts";
import { TOKEN_ACTION } from "./route_response.ts";
import { missing, type TokenLike } from "./token_source.ts";

/** The methods for tokens that Inngest's clients of both majors have. They are not part of Inngest's public types. */
interface InngestApi {
  getSubscriptionToken(channel: string, topics: string[]): Promise<string>;
  getTargetUrl(path: string): Promise<URL>;
}

/** A channel and topics of a subscription that has no token yet. */
export type ServerTarget = SubscribeTarget<unknown, readonly string[]>;

/**
 * Gets the token for a subscription on a server: from its app, else from the gateway of the environment.
 *
 * @throws {RealtimeError} `unauthenticated` without an app and a signing key; `invalid_argument` for rights that only an app of
 * `createRealtime` grants; otherwise as `requestToken`.
 */
export async function serverToken(
  target: ServerTarget,
  signal: AbortSignal | undefined,
): Promise<TokenLike> {
  const { app, publish, stop } = target;
  if (app && "token" in app) return await app.token(target as TokenOptions);
  if (!app && !readEnvironment("REALTIME_SIGNING_KEY")) {
    throw missing("the token's key");
  }
  if (!publish && !stop) return await requestToken(target, app, signal);
  throw new RealtimeError(
    "invalid_argument",
    `${TOKEN_ACTION} that may publish or stop: give an app of createRealtime()`,
  );
}

/**
 * Requests a token from the gateway of the environment variables `REALTIME_URL` and `REALTIME_SIGNING_KEY`; for an Inngest client without
 * the former from the API that the client is configured for.
 *
 * @throws {RealtimeError} The refusal of the gateway; `unauthenticated` if the client's API refuses; `network`; `timeout` after 30 s;
 * `internal` for an answer without a token.
 */
export async function requestToken(
  options: Pick<ServerTarget, "channel" | "topics" | "apiBaseUrl">,
  client?: InngestClient,
  signal?: AbortSignal,
): Promise<TokenLike> {
  const channel = channelName(options.channel);
  const topics = [...options.topics];
  if (client && !readEnvironment("REALTIME_URL")) {
    return { channel, topics, ...await askInngest(client, channel, topics) };
  }
  const own = client ? undefined : options.apiBaseUrl;
  const url = own ? baseUrl(own, TOKEN_ACTION) : gatewayUrl();
  const bearer = await hashSigningKey(signingKeyFor({}, url));
  const claims = topics.map((name) => ({ channel, name, kind: "run" }));
  const answer = await requestOnce(
    { url, bearer, fetch: gatewayFetch(url), retry: DEFAULT_RETRY },
    {
      path: "/v1/realtime/token",
      body: JSON.stringify(claims),
      action: TOKEN_ACTION,
      signal,
    },
    readText,
  );
  const { jwt: key } = parseAnswer(answer, TOKEN_ACTION);
  if (!isText(key)) throw badAnswer("has no token", TOKEN_ACTION);
  return { channel, topics, key, apiBaseUrl: url };
}

async function askInngest(
  client: InngestClient,
  channel: string,
  topics: string[],
): Promise<Pick<TokenLike, "key" | "apiBaseUrl">> {
  const { inngestApi } = client as unknown as { inngestApi: InngestApi };
  try {
    return {
      key: await inngestApi.getSubscriptionToken(channel, topics),
      apiBaseUrl: (await inngestApi.getTargetUrl("/")).origin,
    };
  } catch (cause) {
    // Inngest's clients throw a plain Error, whose message has the status of a refusal.
    const isRefused = /: 4\d\d /.test(String(cause));
    const problem = isRefused ? "refused" : "can't be reached";
    throw new RealtimeError(
      isRefused ? "unauthenticated" : "network",
      `${TOKEN_ACTION}: the API of Inngest's client ${problem}`,
      { cause },
    );
  }
}
