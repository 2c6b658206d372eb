import { RealtimeError } from "../core/protocol/errors.ts";
import type { Realtime, SubscriptionSenders } from "../core/types/realtime.ts";
import type { SharedState } from "./view_state.ts";
import { useSharedSubscription } from "./use_shared_subscription.ts";
import type { MessageHookOptions } from "./hook_options.ts";

/** The names of the states, for comparisons: `state === InngestSubscriptionState.Active`. */
export const InngestSubscriptionState = {
  Closed: "closed",
  Error: "error",
  RefreshingToken: "refresh_token",
  Connecting: "connecting",
  Active: "active",
  Closing: "closing",
} as const;

/** The state of a subscription of {@linkcode useInngestSubscription}, under Inngest's name for it. */
export type InngestSubscriptionState =
  typeof InngestSubscriptionState[keyof typeof InngestSubscriptionState];

/** The options of {@linkcode useInngestSubscription}. */
export interface UseInngestSubscriptionOptions<
  TToken extends Realtime.Subscribe.Token | null | undefined,
> extends MessageHookOptions {
  /** A token. One for another channel or other topics begins a new subscription; another one for the same is used when it is needed. */
  token?: TToken | undefined;
  /** Gets a token, whenever one is needed. Components with the same function share its tokens, the messages and the connection. */
  refreshToken?: (() => Promise<TToken>) | undefined;
  /**
   * How many messages `data` has at most, the newest ones.
   *
   * @default {10000}
   */
  historyLimit?: number | undefined;
}

/** The result of {@linkcode useInngestSubscription}. */
export interface InngestSubscription<TToken extends Realtime.Subscribe.Token>
  extends SubscriptionSenders<Realtime.Subscribe.Token.InferTopics<TToken>> {
  /** Every message, oldest first. */
  data: Realtime.Subscribe.Token.InferMessage<TToken>[];
  /** The newest message. */
  latestData: Realtime.Subscribe.Token.InferMessage<TToken> | null;
  /** All messages that came since the last render, however many come at once. */
  freshData: Realtime.Subscribe.Token.InferMessage<TToken>[];
  /** The error of the state `error`. */
  error: Error | null;
  /** The state of the subscription. */
  state: InngestSubscriptionState;
  /** Empties `data`, `latestData`, `freshData` and `error`, for this component. */
  clear: () => void;
}

const STATES: Readonly<Record<SharedState, InngestSubscriptionState>> = {
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
 * Subscribes a component to a channel's topics. The subscription connects when the component is mounted, reconnects without losing
 * messages when the connection is lost, and ends when the component is unmounted.
 *
 * @example
 * ```tsx
 * "use client";
 * import type { Realtime } from "@tidings/realtime";
 * import { useInngestSubscription } from "@tidings/realtime/hooks";
 *
 * declare function fetchToken(): Promise<Realtime.Subscribe.Token>;
 *
 * export function Messages() {
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
  const { token, refreshToken, enabled = true } = options;
  const [shown, view] = useSharedSubscription({
    ...options,
    grant: token ? [token.channel, token.topics, token.apiBaseUrl] : undefined,
    factory: refreshToken,
    tokenId: token?.key ?? "",
    token: async (isRenewal) => {
      const isFetched = refreshToken && (isRenewal || !token);
      const current = isFetched ? await refreshToken() : token;
      if (current) return current;
      throw new RealtimeError(
        "invalid_argument",
        "Cannot subscribe: the hook has neither a token nor a refreshToken",
      );
    },
    enabled,
    historyLimit: options.historyLimit ?? 10_000,
  });
  type Message = Realtime.Subscribe.Token.InferMessage<NonNullable<TToken>>;
  const data = shown.all as unknown as Message[];
  return {
    data,
    latestData: data.at(-1) ?? null,
    freshData: shown.delta as unknown as Message[],
    error: shown.error,
    state: enabled ? STATES[shown.state] : "closed",
    clear: view.clear,
    send: view.send,
    reply: view.reply,
  };
}
