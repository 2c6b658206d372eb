import type { Realtime } from "../core/types/realtime.ts";
import {
  foldRun,
  isRunOver,
  runError,
  type RunRecord,
  type RunState,
  runStatus,
} from "./run_state.ts";
import type { AnyMessage, SharedState } from "./view_state.ts";
import type {
  UseRealtimeConnectionStatus,
  UseRealtimeMessage,
  UseRealtimeOptions,
  UseRealtimeResult,
  UseRealtimeTopics,
} from "./use_realtime_types.ts";
import { tokenOptions } from "./token_input.ts";
import { useSharedSubscription } from "./use_shared_subscription.ts";

const STATUSES: Readonly<Record<SharedState, UseRealtimeConnectionStatus>> = {
  idle: "idle",
  connecting: "connecting",
  waiting: "connecting",
  reconnecting: "connecting",
  refreshing: "connecting",
  open: "open",
  paused: "paused",
  closed: "closed",
  failed: "error",
};

/**
 * Subscribes a component to a channel's topics, and to the run that publishes there. Components with the same channel and topics share
 * the messages, the tokens and the connection.
 *
 * @example
 * ```tsx
 * "use client";
 * import { channel, topic } from "@tidings/realtime";
 * import { useRealtime } from "@tidings/realtime/hooks";
 *
 * const userChannel = channel((id: string) => `user:${id}`)
 *   .addTopic(topic("progress").type<{ percent: number }>());
 * declare function fetchToken(): Promise<string>;
 *
 * export function Progress({ userId }: { userId: string }) {
 *   const { messages, runStatus } = useRealtime({
 *     channel: userChannel(userId),
 *     topics: ["progress"],
 *     token: fetchToken,
 *   });
 *   const message = messages.byTopic.progress;
 *   return <p>{runStatus}: {message?.kind === "data" && message.data.percent}</p>;
 * }
 * ```
 */
export function useRealtime<
  const TChannel extends Realtime.Channel.Input = string,
  const TTopics extends readonly string[] = readonly string[],
  TToken extends Realtime.Subscribe.Token.Like = Realtime.Subscribe.Token,
>(
  options: UseRealtimeOptions<TChannel, TTopics, TToken>,
): UseRealtimeResult<
  UseRealtimeMessage<TChannel, TTopics, TToken>,
  UseRealtimeTopics<TChannel, TToken>
> {
  const { enabled = true, historyLimit = 100 } = options;
  const [shown, view] = useSharedSubscription({
    ...options,
    ...tokenOptions(options),
    enabled,
    historyLimit: historyLimit ?? Infinity,
    fold: foldRun,
    isOver: options.autoCloseOnTerminal === false ? undefined : isRunOver,
  });
  type Result = UseRealtimeResult<
    UseRealtimeMessage<TChannel, TTopics, TToken>
  >;
  const { all, delta, error, retryInMs, folded, cleared } = shown;
  const { run, byTopic } = withoutCleared(folded, cleared);
  const state = enabled ? shown.state : "paused";
  const pauseReason = enabled ? "hidden" : "disabled";
  const isRunning = all.length > 0 || state === "open";
  return {
    connectionStatus: STATUSES[state],
    runStatus: runStatus(run) ?? (isRunning ? "running" : "unknown"),
    isPaused: state === "paused",
    pauseReason: state === "paused" ? pauseReason : null,
    messages: {
      byTopic,
      all,
      last: all.at(-1) ?? null,
      delta,
    } as unknown as Result["messages"],
    result: run?.result ?? run?.output,
    runError: runError(run),
    error,
    retryInMs,
    reset: view.clear,
    send: view.send,
    reply: view.reply,
  };
}

/** Leaves out what the component has cleared. */
function withoutCleared(
  folded: RunState | undefined,
  cleared: RunState | undefined,
): {
  readonly run: RunRecord | undefined;
  readonly byTopic: Readonly<Record<string, AnyMessage>>;
} {
  return {
    run: folded?.run === cleared?.run ? undefined : folded?.run,
    byTopic: Object.fromEntries(
      Array.from(folded?.topics ?? []).filter(([topic, message]) =>
        message !== cleared?.topics.get(topic)
      ),
    ),
  };
}
