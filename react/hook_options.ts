import type { RealtimeError } from "../core/protocol/errors.ts";
import type { Realtime } from "../core/types/realtime.ts";

/** The options that all hooks have in common. */
export interface SubscriptionHookOptions {
  /** Another key begins a new subscription, for example after another user has signed in. */
  key?: string | undefined;
  /**
   * Whether to be connected. Messages that are missed while it is `false` follow when it is `true` again, as far as the gateway still has
   * them.
   *
   * @default {true}
   */
  enabled?: boolean | undefined;
  /**
   * Where the subscription starts. `"start"` shows the earlier messages again after a reload, or a stream that has ended; a stream that is
   * still open is always shown from its start.
   *
   * @default {"live"}
   */
  from?: Realtime.Subscribe.From | undefined;
  /**
   * Called when messages are lost.
   *
   * @default {a sentence by console.warn}
   */
  onGap?: ((gap: Realtime.Subscribe.Gap) => void) | undefined;
  /**
   * Called for errors that do not end the subscription; once for each outage.
   *
   * @default {console.warn}
   */
  onError?: ((error: RealtimeError) => void) | undefined;
}

/** The options that the hooks for messages have in common. */
export interface MessageHookOptions extends SubscriptionHookOptions {
  /**
   * How many milliseconds messages are collected before they are shown.
   *
   * @default {0}
   */
  bufferInterval?: number | undefined;
  /**
   * Whether messages are checked by their topics' schemas, if the channel is given with its schemas.
   *
   * @default {true}
   */
  validate?: boolean | undefined;
}
