/**
 * The types of `useRealtime`.
 *
 * @module
 */
import type { RealtimeError } from "../core/protocol/errors.ts";
import type { SubscriptionSenders } from "../core/types/subscription.ts";
import type { Realtime } from "../core/types/realtime.ts";

/** How a subscription of `useRealtime` stands. */
export type UseRealtimeConnectionStatus =
  | "idle"
  | "connecting"
  | "open"
  | "paused"
  | "closed"
  | "error";

/** How the run that publishes to the channel stands. */
export type UseRealtimeRunStatus =
  | "unknown"
  | "running"
  | "completed"
  | "failed"
  | "cancelled";

/** What a run failed with. */
export interface RunError {
  /** The error's name. */
  readonly name: string;
  /** What went wrong. */
  readonly message: string;
}

/** Why a subscription is paused. */
export type UseRealtimePauseReason = "hidden" | "disabled" | null;

/** What is left of a token where channel and topics are known anyway. */
export interface ClientSubscriptionToken {
  /** The JWT. */
  readonly key: string;
  /** The gateway's base URL. */
  readonly apiBaseUrl?: string | undefined;
}

/** A token, or what gets one whenever one is needed. */
export type UseRealtimeToken<TToken extends Realtime.Subscribe.Token> =
  | TToken
  | ClientSubscriptionToken
  | (() => Promise<TToken | ClientSubscriptionToken | string>);

/** What `useRealtime` takes. */
export interface UseRealtimeOptions<
  TChannel extends string | Realtime.Channel = string,
  TTopics extends readonly string[] = readonly string[],
  TToken extends Realtime.Subscribe.Token = Realtime.Subscribe.Token,
> {
  /** The channel, or its name. Not needed where the token has it. */
  channel?: TChannel;
  /** The names of the topics. Not needed where the token has them. */
  topics?: TTopics;
  /** A token, or what gets one whenever one is needed. */
  token?: UseRealtimeToken<TToken>;
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
   * Whether messages are checked by their topics' schemas, if `channel` has any.
   *
   * @default {true}
   */
  validate?: boolean;
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
   * Whether to come back when the connection is lost.
   *
   * @default {true}
   */
  reconnect?: boolean;
  /**
   * Whether to disconnect while the page is hidden. What is missed follows when it is shown again, as far as the gateway
   * still has it. A page that stays connected misses nothing.
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
  /**
   * Where it starts: `"start"` shows after a reload what was there before.
   *
   * @default {"live"}
   */
  from?: Realtime.Subscribe.From;
  /** Called where messages are lost. */
  onGap?: (gap: Realtime.Subscribe.Gap) => void;
  /** Called with what goes wrong without ending the subscription. */
  onError?: (error: RealtimeError) => void;
}

/** The messages that a component gets: typed by its channel, else by its token. */
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

/** The definitions of the topics that a component can send to: those of its channel, else of its token's. */
export type UseRealtimeTopics<
  TChannel extends string | Realtime.Channel,
  TToken extends Realtime.Subscribe.Token,
> = TChannel extends Realtime.Channel ? Realtime.Channel.InferTopics<TChannel>
  : Realtime.Subscribe.Token.InferTopics<TToken>;

/** What `useRealtime` returns. */
export interface UseRealtimeResult<
  TMessage extends { topic: string },
  TTopics extends Realtime.Topics = Realtime.Topics,
> extends SubscriptionSenders<TTopics> {
  /** How the subscription stands. */
  connectionStatus: UseRealtimeConnectionStatus;
  /** How the run stands: `running` from the first message on, the rest by what `realtimeMiddleware`'s `lifecycle` publishes. */
  runStatus: UseRealtimeRunStatus;
  /** Whether it is paused. */
  isPaused: boolean;
  /** Why it is paused. */
  pauseReason: UseRealtimePauseReason;
  /** The messages. */
  messages: {
    /** The newest message of each topic. */
    byTopic: { [K in TMessage["topic"]]?: Extract<TMessage, { topic: K }> };
    /** Every message, oldest first. */
    all: TMessage[];
    /** The newest message. */
    last: TMessage | null;
    /** The messages that came since the component was rendered before: none is left out, however many come at once. */
    delta: TMessage[];
  };
  /** What the run returned. */
  result: unknown;
  /** What the run failed with. */
  runError: RunError | null;
  /** Why the status is `error`. */
  error: Error | null;
  /** Forgets the messages, the run and the error, for this component. */
  reset: () => void;
}
