import { RealtimeError } from "../core/protocol/errors.ts";
import type { SubscriptionSenders } from "../core/types/subscription.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { SourceState } from "./snapshot.ts";
import { useView } from "./use_view.ts";

/** How a subscription of {@linkcode useInngestSubscription} stands, in Inngest's words. */
export type InngestSubscriptionState =
  | "closed"
  | "error"
  | "refresh_token"
  | "connecting"
  | "active"
  | "closing";

/**
 * The states by their names, for code that compares with them.
 *
 * @example
 * ```ts
 * import { InngestSubscriptionState } from "@tidings/realtime/hooks";
 *
 * InngestSubscriptionState.Active satisfies "active";
 * ```
 */
export const InngestSubscriptionState: {
  readonly Closed: "closed";
  readonly Error: "error";
  readonly RefreshingToken: "refresh_token";
  readonly Connecting: "connecting";
  readonly Active: "active";
  readonly Closing: "closing";
} = {
  Closed: "closed",
  Error: "error",
  RefreshingToken: "refresh_token",
  Connecting: "connecting",
  Active: "active",
  Closing: "closing",
};

/** What {@linkcode useInngestSubscription} takes. */
export interface UseInngestSubscriptionOptions<
  TToken extends Realtime.Subscribe.Token | null | undefined,
> {
  /** A token. One for another channel or topics begins anew; another one for the same is used when it is needed. */
  token?: TToken;
  /**
   * Gets a token, whenever one is needed. Components that are given the same function share its tokens, its messages and
   * the connection.
   */
  refreshToken?: () => Promise<TToken>;
  /** Begins anew when it changes, as with another user. */
  key?: string;
  /**
   * Whether to be connected. What is missed while it is `false` follows when it is `true` again, as far as the gateway
   * still has it.
   *
   * @default {true}
   */
  enabled?: boolean;
  /**
   * Milliseconds for which messages are collected before they are shown.
   *
   * @default {0}
   */
  bufferInterval?: number;
  /**
   * How many messages `data` has at most, the newest ones.
   *
   * @default {10000}
   */
  historyLimit?: number;
  /**
   * Where it starts: `"start"` shows after a reload what was there before.
   *
   * @default {"live"}
   */
  from?: Realtime.Subscribe.From;
  /**
   * Whether messages are checked by their topics' schemas, if the token has any.
   *
   * @default {true}
   */
  validate?: boolean;
  /** Called where messages are lost. */
  onGap?: (gap: Realtime.Subscribe.Gap) => void;
  /** Called with what goes wrong without ending the subscription. */
  onError?: (error: RealtimeError) => void;
}

/** What {@linkcode useInngestSubscription} returns. */
export interface InngestSubscription<TToken extends Realtime.Subscribe.Token>
  extends SubscriptionSenders<Realtime.Subscribe.Token.InferTopics<TToken>> {
  /** Every message, oldest first. */
  data: Realtime.Subscribe.Token.InferMessage<TToken>[];
  /** The newest message. */
  latestData: Realtime.Subscribe.Token.InferMessage<TToken> | null;
  /** The messages that came since the component was rendered before: none is left out, however many come at once. */
  freshData: Realtime.Subscribe.Token.InferMessage<TToken>[];
  /** Why it is in the state `error`. */
  error: Error | null;
  /** How it stands. */
  state: InngestSubscriptionState;
  /** Empties `data`, `latestData`, `freshData` and `error`, for this component. */
  clear: () => void;
}

const STATES: Readonly<Record<SourceState, InngestSubscriptionState>> = {
  idle: "closed",
  connecting: "connecting",
  waiting: "connecting",
  refreshing: "refresh_token",
  open: "active",
  paused: "closed",
  closed: "closed",
  failed: "error",
};

/**
 * Subscribes a component to a channel's topics. It connects when the component is on the screen, comes back when the
 * connection is lost, without losing messages, and ends with the component.
 *
 * @example
 * ```tsx
 * "use client";
 * import type { Realtime } from "@tidings/realtime";
 * import { useInngestSubscription } from "@tidings/realtime/hooks";
 * import type { ReactElement } from "react";
 *
 * declare function fetchToken(): Promise<Realtime.Subscribe.Token>;
 *
 * export function Messages(): ReactElement {
 *   const { data, state } = useInngestSubscription({ refreshToken: fetchToken });
 *   return (
 *     <ul aria-busy={state !== "active"}>
 *       {data.map((message) => <li key={message.id}>{String(message.data)}</li>)}
 *     </ul>
 *   );
 * }
 * ```
 */
export function useInngestSubscription<
  const TToken extends Realtime.Subscribe.Token | null | undefined,
>(
  options: UseInngestSubscriptionOptions<TToken>,
): InngestSubscription<NonNullable<TToken>> {
  const { token, refreshToken, key, enabled = true } = options;
  const [snapshot, view] = useView({
    grant: token ? [token.channel, token.topics, token.apiBaseUrl] : undefined,
    factory: refreshToken,
    key,
  }, {
    tokenId: token?.key ?? "",
    token: async (isRenewal) => {
      const given = (isRenewal || !token) && refreshToken
        ? await refreshToken()
        : token;
      if (given) return given;
      throw new RealtimeError(
        "invalid_argument",
        "Cannot subscribe: the hook was given no token, and no refreshToken that gets one",
      );
    },
    isEnabled: enabled,
    limit: options.historyLimit ?? 10_000,
    interval: options.bufferInterval ?? 0,
    from: options.from,
    validate: options.validate,
    onGap: options.onGap,
    onError: options.onError,
  });
  type Message = Realtime.Subscribe.Token.InferMessage<NonNullable<TToken>>;
  const data = snapshot.all as unknown as Message[];
  return {
    data,
    latestData: data.at(-1) ?? null,
    freshData: snapshot.delta as unknown as Message[],
    error: snapshot.error,
    state: enabled ? STATES[snapshot.state] : "closed",
    clear: view.clear,
    send: view.send,
    reply: view.reply,
  };
}
