/**
 * The names that `@inngest/realtime` has for `useSubscription` and its types.
 *
 * @module
 */
import type { Realtime } from "../core/types/realtime.ts";
import {
  SubscriptionState,
  useSubscription,
  type UseSubscriptionOptions,
  type UseSubscriptionResult,
} from "./use_subscription.ts";

/** Inngest's name for {@linkcode useSubscription}, so that components written for `@inngest/realtime` need another import only. */
export const useInngestSubscription: typeof useSubscription = useSubscription;

/** Inngest's name for {@linkcode SubscriptionState}. */
export const InngestSubscriptionState: typeof SubscriptionState =
  SubscriptionState;

/** Inngest's name for {@linkcode SubscriptionState}. */
export type InngestSubscriptionState = SubscriptionState;

/** Inngest's name for {@linkcode UseSubscriptionOptions}. */
export type UseInngestSubscriptionOptions<
  TToken extends Realtime.Subscribe.Token.Like | null | undefined,
> = UseSubscriptionOptions<TToken>;

/** Inngest's name for {@linkcode UseSubscriptionResult}. */
export type InngestSubscription<TToken extends Realtime.Subscribe.Token> =
  UseSubscriptionResult<TToken>;
