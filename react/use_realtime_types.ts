/**
 * The types of `useRealtime`.
 *
 * @module
 */
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
export interface ClientSubscriptionToken {
  /** The JWT. */
  readonly key: string;
  /** The gateway's base URL. */
  readonly apiBaseUrl?: string | undefined;
}

/** A token in every form that hooks with a channel and topics take: also its key alone. */
export type UseRealtimeToken<TToken extends Realtime.Subscribe.Token> =
  TokenInput<TToken | ClientSubscriptionToken | string>;

/** The options of `useRealtime`. */
export interface UseRealtimeOptions<
  TChannel extends string | Realtime.Channel = string,
  TTopics extends readonly string[] = readonly string[],
  TToken extends Realtime.Subscribe.Token = Realtime.Subscribe.Token,
> extends MessageHookOptions {
  /** The channel, or its name. Not needed if the token has it. */
  channel?: TChannel;
  /** The names of the topics. Not needed if the token has them. */
  topics?: TTopics;
  /** A token, or a function that gets one whenever one is needed, such as `() => fetch("/api/realtime-token")`. */
  token?: UseRealtimeToken<TToken> | undefined;
  /**
   * How many messages `messages.all` has at most, the newest ones; `null` for all.
   *
   * @default {100}
   */
  historyLimit?: number | null;
  /**
   * The gateway's base URL.
   *
   * @default {the token's}
   */
  apiBaseUrl?: string;
  /**
   * Whether to reconnect when the connection is lost.
   *
   * @default {true}
   */
  reconnect?: boolean;
  /**
   * Whether to disconnect while the page is hidden. Messages that are missed follow when the page is shown again, as far as the gateway
   * still has them.
   *
   * @default {false}
   */
  pauseOnHidden?: boolean;
  /**
   * Whether to disconnect when the run has ended.
   *
   * @default {true}
   */
  autoCloseOnTerminal?: boolean;
}

/** The type of the messages that a component gets, from its channel or else from its token. */
export type UseRealtimeMessage<
  TChannel extends string | Realtime.Channel,
  TTopics extends readonly string[],
  TToken extends Realtime.Subscribe.Token,
> = TChannel extends Realtime.Channel ? Realtime.Message<
    Realtime.Channel.InferId<TChannel>,
    Pick<
      Realtime.Channel.InferTopics<TChannel>,
      TTopics[number] & keyof Realtime.Channel.InferTopics<TChannel>
    >
  >
  : Realtime.Subscribe.Token.InferMessage<TToken>;

/** The definitions of the topics that a component can send to, from its channel or else from its token. */
export type UseRealtimeTopics<
  TChannel extends string | Realtime.Channel,
  TToken extends Realtime.Subscribe.Token,
> = TChannel extends Realtime.Channel ? Realtime.Channel.InferTopics<TChannel>
  : Realtime.Subscribe.Token.InferTopics<TToken>;

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
  /** The error of the status `error`. */
  error: Error | null;
  /** Clears the messages, the run and the error, for this component. */
  reset: () => void;
}
