import { channelName } from "../core/channel/channel.ts";
import { RealtimeError } from "../core/protocol/errors.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { AnyToken, ViewOptions } from "./view_options.ts";

/** The options of a hook that say what it subscribes to. */
export interface TokenInput {
  readonly channel?: string | Realtime.Channel | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly apiBaseUrl?: string | undefined;
  readonly token?: unknown;
}

/** Returns the part of a subscription's target that is known without a token: components with equal targets can share a subscription. */
export function knownTarget(
  { token, ...own }: TokenInput,
): readonly unknown[] | undefined {
  const { channel, topics, apiBaseUrl } = merge(own, token);
  if (channel === undefined || !topics) return undefined;
  // Messages of a typed channel are checked by its schemas.
  return [channelName(channel), topics, apiBaseUrl, typeof channel];
}

/** Returns the hook's own options, completed by those of its token. */
function merge(own: TokenInput, token: unknown): TokenInput {
  const given: TokenInput = typeof token === "object" ? Object(token) : {};
  return {
    channel: own.channel ?? given.channel,
    topics: own.topics ?? given.topics,
    apiBaseUrl: own.apiBaseUrl ?? given.apiBaseUrl,
  };
}

/** Makes the view's options for the token of a hook, whose `token` may be a function that gets one. */
export function tokenOptions(
  input: TokenInput,
): Pick<ViewOptions<unknown>, "grant" | "factory" | "token" | "tokenId"> {
  const { token } = input;
  return {
    grant: knownTarget(input),
    factory: typeof token === "function" ? token : undefined,
    tokenId: typeof token === "object" ? Object(token).key ?? "" : "",
    token: async () =>
      completeToken(typeof token === "function" ? await token() : token, input),
  };
}

/**
 * Completes a token of the app, a part of one, or only its key, with the hook's own channel and topics.
 *
 * @throws {RealtimeError} `invalid_argument` if the key, the channel or the topics are missing.
 */
export function completeToken(given: unknown, own: TokenInput): AnyToken {
  const token: Partial<AnyToken> = typeof given === "string"
    ? { key: given }
    : Object(given);
  const { channel, topics, apiBaseUrl } = merge(own, token);
  if (token.key && channel && topics) {
    return { ...token, channel: channel as string, topics, apiBaseUrl };
  }
  const missing = token.key ? "channel and topics" : "token";
  throw new RealtimeError(
    "invalid_argument",
    `Cannot subscribe: the hook has no ${missing}`,
  );
}
