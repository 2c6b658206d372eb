import type { Realtime, SubscriptionSenders } from "../core/types/realtime.ts";
import type { TokenInput } from "../core/types/token.ts";
import type { SharedState } from "./view_state.ts";
import { tokenOptions } from "./token_input.ts";
import { useSharedSubscription } from "./use_shared_subscription.ts";
import type { MessageHookOptions } from "./hook_options.ts";

/** The names of the states, for comparisons: `state === SubscriptionState.Active`. */
export const SubscriptionState = {
  Closed: "closed",
  Error: "error",
  RefreshingToken: "refresh_token",
  Connecting: "connecting",
  Reconnecting: "reconnecting",
  Active: "active",
  Closing: "closing",
} as const;

/** The state of a subscription of {@linkcode useSubscription}: Inngest's states, and `reconnecting` after a subscription was `active`. */
export type SubscriptionState =
  typeof SubscriptionState[keyof typeof SubscriptionState];

/** The options of {@linkcode useSubscription}. */
export interface UseSubscriptionOptions<
  TToken extends Realtime.Subscribe.Token.Like | null | undefined,
> extends MessageHookOptions {
  /** A token. One for another channel or other topics begins a new subscription; another one for the same is used when it is needed. */
  token?: TokenInput<TToken> | undefined;
  /**
   * Gets a token, whenever one is needed: `() => fetch("/api/realtime-token")`. Components with the same function share its tokens, the
   * messages and the connection.
   */
  refreshToken?: TokenInput<TToken> | undefined;
  /**
   * How many messages `data` has at most, the newest ones.
   *
   * @default {10000}
   */
  historyLimit?: number | undefined;
}

/** The result of {@linkcode useSubscription}. */
export interface UseSubscriptionResult<TToken extends Realtime.Subscribe.Token>
  extends SubscriptionSenders<Realtime.Subscribe.Token.InferTopics<TToken>> {
  /** Every message, oldest first. */
  data: Realtime.Subscribe.Token.InferMessage<TToken>[];
  /** The newest message. */
  latestData: Realtime.Subscribe.Token.InferMessage<TToken> | null;
  /** All messages that came since the last render, however many come at once. */
  freshData: Realtime.Subscribe.Token.InferMessage<TToken>[];
  /** The error of the state `error`; while the gateway can't be reached, the reason. */
  error: Error | null;
  /** While it can't be reached: how many milliseconds after this change the next attempt follows. */
  retryInMs: number | null;
  /** The state of the subscription. */
  state: SubscriptionState;
  /** Empties `data`, `latestData`, `freshData` and `error`, for this component. */
  clear: () => void;
}

const STATES: Readonly<Record<SharedState, SubscriptionState>> = {
  idle: "closed",
  connecting: "connecting",
  waiting: "connecting",
  reconnecting: "reconnecting",
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
 * import { useSubscription } from "@tidings/realtime/hooks";
 *
 * const fetchToken = () => fetch("/api/realtime-token", { method: "POST" });
 *
 * export function Messages() {
 *   const { data, state } = useSubscription({ refreshToken: fetchToken });
 *   return (
 *     <ul aria-busy={state !== "active"}>
 *       {data.map((message) => <li key={message.id}>{JSON.stringify(message.data)}</li>)}
 *     </ul>
 *   );
 * }
 * ```
 */
export function useSubscription<
  const TToken extends Realtime.Subscribe.Token.Like | null | undefined,
>(
  options: UseSubscriptionOptions<TToken>,
): UseSubscriptionResult<
  Realtime.Subscribe.Token.Normalized<NonNullable<TToken>>
> {
  const { enabled = true } = options;
  const [shown, view] = useSharedSubscription({
    ...options,
    ...tokenOptions(options),
    enabled,
    historyLimit: options.historyLimit ?? 10_000,
  });
  type Message = Realtime.Subscribe.Token.InferMessage<
    Realtime.Subscribe.Token.Normalized<NonNullable<TToken>>
  >;
  const data = shown.all as unknown as Message[];
  return {
    data,
    latestData: data.at(-1) ?? null,
    freshData: shown.delta as unknown as Message[],
    error: shown.error,
    retryInMs: shown.retryInMs,
    state: enabled ? STATES[shown.state] : "closed",
    clear: view.clear,
    send: view.send,
    reply: view.reply,
  };
}
