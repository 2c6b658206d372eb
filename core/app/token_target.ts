import { channelName } from "../channel/channel.ts";
import { RealtimeError } from "../protocol/errors.ts";
import { TOKEN_ACTION } from "../subscribe/route_response.ts";
import type { TokenOptions } from "../types/app.ts";

/** The names of the channel and the topics of a token. */
export interface TokenTarget {
  readonly channel: string;
  readonly topics: string[];
}

/** Makes the error for an argument that a token can't be made with. */
export function badArgument(problem: string): RealtimeError {
  return new RealtimeError("invalid_argument", `${TOKEN_ACTION}: ${problem}`);
}

/**
 * Returns the names of the channel and the topics that a token is for.
 *
 * @throws {RealtimeError} `invalid_argument` if one is missing, `invalid_name`.
 */
export function tokenTarget(
  { channel, topics }: Partial<TokenOptions> = {},
): TokenTarget {
  if (channel === undefined || channel === null) {
    throw badArgument('"channel" is missing');
  }
  if (typeof channel === "function") {
    throw badArgument(
      '"channel" is a definition: call it, as in userChannel("1")',
    );
  }
  if (!Array.isArray(topics)) {
    throw badArgument('"topics" is missing: it is a list of names');
  }
  return { channel: channelName(channel), topics: [...topics] };
}
