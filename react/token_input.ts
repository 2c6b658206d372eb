import {
  readToken,
  type TokenContext,
} from "../core/subscribe/token_source.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { AnyToken, ViewOptions } from "./view_options.ts";

/** The options of a hook that say what it subscribes to. */
export interface HookTarget {
  readonly channel?: Realtime.Channel.Input | undefined;
  readonly topics?: readonly string[] | undefined;
  readonly apiBaseUrl?: string | undefined;
  /** A token in any form that `readToken` takes. */
  readonly token?: unknown;
  /** The same, for the time after `token` has been used. */
  readonly refreshToken?: unknown;
}

/** Returns the part of a subscription's target that is known without a request: components with equal targets can share a subscription. */
export function knownTarget(input: HookTarget): readonly unknown[] | undefined {
  const { channel, topics, apiBaseUrl } = {
    ...Object(innerToken(input.token)),
    ...ownTarget(input),
  };
  if (channel === undefined || !topics) return undefined;
  // Messages of a typed channel are checked by its schemas.
  return [Object(channel).name ?? channel, topics, apiBaseUrl, typeof channel];
}

/** Returns the hook's own options about the target, without those that are not given. */
function ownTarget(
  { channel, topics, apiBaseUrl }: HookTarget,
): TokenContext {
  return {
    ...channel !== undefined && { channel },
    ...topics && { topics },
    ...apiBaseUrl !== undefined && { apiBaseUrl },
  };
}

/** Returns the token of `{ token }`. */
function innerToken(given: unknown): unknown {
  return Object(given).token ?? given;
}

/** Makes the view's options for the token of a hook. */
export function tokenOptions(
  input: HookTarget,
): Pick<ViewOptions<unknown>, "grant" | "factory" | "token" | "tokenId"> {
  const { token, refreshToken } = input;
  const given = innerToken(token);
  const source = refreshToken ?? token;
  return {
    grant: knownTarget(input),
    // A function or a response, whose token is not known yet.
    factory: Object(source) === source ? Object(source) : undefined,
    tokenId: typeof given === "string" ? given : Object(given).key ?? "",
    token: async (isRenewal) =>
      await readToken(
        isRenewal ? source : token ?? source,
        ownTarget(input),
      ) as AnyToken,
  };
}
