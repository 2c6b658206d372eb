import { channelName } from "../core/channel/channel.ts";
import { RealtimeError } from "../core/protocol/errors.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { AnyToken } from "./source.ts";

/** What a hook was given that says what it subscribes to. */
export interface TokenInput {
  readonly channel?: string | Realtime.Channel | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly apiBaseUrl?: string | undefined;
  readonly token?: unknown;
}

/** What a hook subscribes to, as far as that is known before there is a token: the same for components that can share it. */
export function knownTarget(
  { channel, topics, apiBaseUrl, token }: TokenInput,
): readonly unknown[] | undefined {
  const given = typeof token === "object" ? Object(token) : {};
  const known = channel ?? given.channel;
  if (known === undefined || !(topics ?? given.topics)) return undefined;
  return [
    channelName(known),
    topics ?? given.topics,
    apiBaseUrl ?? given.apiBaseUrl,
    // With a typed channel, messages are checked.
    typeof known,
  ];
}

/**
 * Makes a token of what the app gave for one, and of the hook's own channel and topics.
 *
 * @throws {RealtimeError} `invalid_argument` where something is missing.
 */
export function complete(
  given: unknown,
  { channel, topics, apiBaseUrl }: TokenInput,
): AnyToken {
  const token = typeof given === "string" ? { key: given } : Object(given);
  const whole = {
    ...token,
    channel: channel ?? token.channel,
    topics: topics ?? token.topics,
    apiBaseUrl: apiBaseUrl ?? token.apiBaseUrl,
  };
  if (whole.key && whole.channel && whole.topics) return whole;
  throw new RealtimeError(
    "invalid_argument",
    `Cannot subscribe: the hook has no ${
      whole.key ? "channel and topics" : "token"
    }`,
  );
}
