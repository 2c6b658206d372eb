import type { Duration } from "../core/protocol/duration.ts";
import type { Realtime } from "../core/types/realtime.ts";
import type { MessageHookOptions } from "./hook_options.ts";
import type { Fold } from "./view_state.ts";

/** A token for any channel. */
export type AnyToken = Realtime.Subscribe.Token;

/** A component's options, which may change with every render: those of its hook, with defaults. */
export interface ViewOptions<T> extends MessageHookOptions {
  /** The channel and topics, if they are known before there is a token. Components with equal ones and an equal `key` share a subscription. */
  readonly grant: readonly unknown[] | undefined;
  /** Takes the place of an unknown `grant`: the function that gets tokens. Another function counts only together with another `key`. */
  readonly factory: object | undefined;
  /** Returns a token, whenever one is needed. `isRenewal` tells whether the token with this `tokenId` was returned before. */
  readonly token: (isRenewal: boolean) => AnyToken | PromiseLike<AnyToken>;
  /** Identifies the token: after a subscription that ended for good, only another token is tried. */
  readonly tokenId: string;
  readonly enabled: boolean;
  readonly historyLimit: number;
  readonly pauseOnHidden?: boolean | undefined;
  readonly reconnect?: boolean | undefined;
  readonly reconnectMin?: Duration | undefined;
  readonly reconnectMax?: Duration | undefined;
  /** Folds all messages into one value: the same function at every render. */
  readonly fold?: Fold<T> | undefined;
  /** Tells whether the subscription ends with this value. */
  readonly isOver?: ((folded: T) => boolean) | undefined;
}
