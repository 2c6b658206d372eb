/**
 * The types of `useRealtime`.
 *
 * @module
 */
import type { Duration } from "../core/protocol/duration.ts";
import type { ClientToken } from "../core/types/inngest_v4.ts";
import type { Realtime, SubscriptionSenders } from "../core/types/realtime.ts";
import type { TokenInput } from "../core/types/token.ts";
import type { MessageHookOptions } from "./hook_options.ts";

/** The state of a subscription of `useRealtime`. */
export type UseRealtimeConnectionStatus =
  | "idle"
  | "connecting"
  | "open"
  | "paused"
  | "closed"
  | "error";

/** The state of the run that publishes to the channel. */
export type UseRealtimeRunStatus =
  | "unknown"
  | "running"
  | "completed"
  | "failed"
  | "cancelled";

/** The error that a run failed with. */
export interface RunError {
  /** The error's name. */
  readonly name: string;
  /** The error's message. */
  readonly message: string;
}

/** Why a subscription is paused. */
export type UseRealtimePauseReason = "hidden" | "disabled" | null;

/** A token without channel and topics, for a hook that has them among its options. */
export type ClientSubscriptionToken = ClientToken;

/** A token in every form that hooks with a channel and topics take: also its key alone. */
export type UseRealtimeToken<TToken extends Realtime.Subscribe.Token.Like> =
  TokenInput<TToken | ClientSubscriptionToken | string>;

/** The options of `useRealtime`. */
export interface UseRealtimeOptions<
  TChannel extends Realtime.Channel.Input = string,
  TTopics extends readonly string[] = readonly string[],
  TToken extends Realtime.Subscribe.Token.Like = Realtime.Subscribe.Token,
> extends MessageHookOptions {
  /** The channel, or its name. Not needed if the token has it. */
  channel?: TChannel | undefined;
  /** The names of the topics. Not needed if the token has them. */
  topics?: TTopics | undefined;
  /** A token, or a function that gets one whenever one is needed, such as `() => fetch("/api/realtime-token")`. */
  token?: UseRealtimeToken<TToken> | undefined;
  /**
   * How many messages `messages.all` has at most, the newest ones; `null` for all.
   *
   * @default {100}
   */
  historyLimit?: number | null | undefined;
  /**
   * The gateway's base URL.
   *
   * @default {the token's}
   */
  apiBaseUrl?: string | undefined;
  /**
   * Whether to reconnect when the connection is lost.
   *
   * @default {true}
   */
  reconnect?: boolean | undefined;
  /**
   * The shortest pause before it reconnects.
   *
   * @default {"250ms"}
   */
  reconnectMin?: Duration | undefined;
  /**
   * The longest pause before it reconnects.
   *
   * @default {"20s"}
   */
  reconnectMax?: Duration | undefined;
  /**
   * Whether to disconnect while the page is hidden. Messages that are missed follow when the page is shown again, as far as the gateway
   * still has them.
   *
   * @default {false}
   */
  pauseOnHidden?: boolean | undefined;
  /**
   * Whether to disconnect when the run has ended.
   *
   * @default {true}
   */
  autoCloseOnTerminal?: boolean | undefined;
}

/** The type of the messages that a component gets, from its channel or else from its token. */
export type UseRealtimeMessage<
  TChannel extends Realtime.Channel.Input,
  TTopics extends readonly string[],
  TToken extends Realtime.Subscribe.Token.Like,
> = TChannel extends string ? Realtime.Subscribe.Token.InferMessage<
    Realtime.Subscribe.Token.Normalized<TToken>
  >
  : Realtime.Message<
    Realtime.Channel.InferId<TChannel>,
    Pick<
      Realtime.Channel.InferTopics<TChannel>,
      TTopics[number] & keyof Realtime.Channel.InferTopics<TChannel>
    >
  >;

/** The definitions of the topics that a component can send to, from its channel or else from its token. */
export type UseRealtimeTopics<
  TChannel extends Realtime.Channel.Input,
  TToken extends Realtime.Subscribe.Token.Like,
> = TChannel extends string ? Realtime.Subscribe.Token.InferTopics<
    Realtime.Subscribe.Token.Normalized<TToken>
  >
  : Realtime.Channel.InferTopics<TChannel>;

/** The result of `useRealtime`. */
export interface UseRealtimeResult<
  TMessage extends { topic: string },
  TTopics extends Realtime.Topics = Realtime.Topics,
> extends SubscriptionSenders<TTopics> {
  /** The state of the subscription. */
  connectionStatus: UseRealtimeConnectionStatus;
  /** The state of the run: `running` from the first message on; the other states are published by `realtimeMiddleware` with `lifecycle`. */
  runStatus: UseRealtimeRunStatus;
  /** Whether the subscription is paused. */
  isPaused: boolean;
  /** Why the subscription is paused. */
  pauseReason: UseRealtimePauseReason;
  /** The messages. */
  messages: {
    /** The newest message of each topic. */
    byTopic: { [K in TMessage["topic"]]?: Extract<TMessage, { topic: K }> };
    /** Every message, oldest first. */
    all: TMessage[];
    /** The newest message. */
    last: TMessage | null;
    /** All messages that came since the last render, however many come at once. */
    delta: TMessage[];
  };
  /** The result of the run. */
  result: unknown;
  /** The error of the run. */
  runError: RunError | null;
  /** The error of the status `error`; while the gateway can't be reached, the reason. */
  error: Error | null;
  /** While it can't be reached: how many milliseconds after this change the next attempt follows. */
  retryInMs: number | null;
  /** Clears the messages, the run and the error, for this component. */
  reset: () => void;
}
