import type { RealtimeError } from "../core/protocol/errors.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { Fold } from "./view_state.ts";

/** A token for any channel. */
export type AnyToken = Realtime.Subscribe.Token;

/** The options that the hooks hand on to the subscription as they are. */
export interface SubscriptionOptions {
  readonly from?: Realtime.Subscribe.From | undefined;
  readonly validate?: boolean | undefined;
  readonly onGap?: ((gap: Realtime.Subscribe.Gap) => void) | undefined;
  readonly onError?: ((error: RealtimeError) => void) | undefined;
}

/** A component's wishes, which may change with every render. */
export interface ViewOptions<T> extends SubscriptionOptions {
  /**
   * Returns a token, whenever one is needed.
   *
   * @param isRenewal Whether the token with this `tokenId` was returned before.
   */
  readonly token: (isRenewal: boolean) => AnyToken | PromiseLike<AnyToken>;
  /** Identifies the token: after a subscription that ended for good, only another token is tried. */
  readonly tokenId: string;
  readonly isEnabled: boolean;
  /** How many messages are kept. */
  readonly limit: number;
  /** How many milliseconds messages are collected before they are shown. */
  readonly interval: number;
  /** Whether to disconnect while the page is hidden. */
  readonly pausesOnHidden?: boolean | undefined;
  /** Whether to reconnect when the connection is lost. */
  readonly reconnects?: boolean | undefined;
  /** Folds all messages into one value: the same function at every render. */
  readonly fold?: Fold<T> | undefined;
  /** Tells whether the subscription ends with this value. */
  readonly isOver?: ((folded: T) => boolean) | undefined;
}
